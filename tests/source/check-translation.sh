#!/bin/bash
# check-translation.sh: gettext understands every word for people. Usage: check-translation.sh PROJECT
set -eu
cd "$1"
words=$(xgettext --from-code=UTF-8 --files-from=po/POTFILES.in --output=/dev/null --add-comments \
  --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --flag=g_strdup_printf:1:c-format --flag=g_set_error:4:c-format \
  --flag=lk_cli_print:2:c-format --flag=lk_cli_note:2:c-format 2>&1)
[[ -z $words ]] || { echo "$words"; exit 1; }
