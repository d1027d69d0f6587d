#!/bin/bash
# check-mime.sh: the MIME database takes our types, without a word of complaint. Usage: check-mime.sh FILE
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/packages"
cp "$1" "$folder/packages/"
words=$(XDG_DATA_DIRS=$folder update-mime-database "$folder" 2>&1)
[[ -z $words ]] || { echo "$words"; exit 1; }
[[ -e $folder/x-content/x-likeness-project.xml ]] || { echo "the type is not in the database"; exit 1; }
grep -q x-content/x-likeness-project "$folder/treemagic" || { echo "no folder is recognised"; exit 1; }
