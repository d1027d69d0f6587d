#!/bin/bash
# check-mime.sh: the MIME database takes our types, without a word of complaint. Usage: check-mime.sh FILE
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/mime/packages"
cp "$1" "$folder/mime/packages/"
words=$(XDG_DATA_DIRS=$folder update-mime-database "$folder/mime" 2>&1)
[[ -z $words ]] || { echo "$words"; exit 1; }
[[ -e $folder/mime/x-content/x-likeness-project.xml ]] || { echo "the type is not in the database"; exit 1; }
grep -q x-content/x-likeness-project "$folder/mime/treemagic" || { echo "no folder is recognised"; exit 1; }
