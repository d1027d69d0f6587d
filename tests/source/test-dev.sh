#!/bin/bash
# test-dev.sh: what `dev` reads from a machine, on made-up machines; prints TAP. Needs no network and sets nothing up. Usage: test-dev.sh DEV
set -u
. "$1"
set +e

number=0 failed=0
# is NAME EXPECTED ACTUAL
is () {
  number=$((number + 1))
  if [[ $2 == "$3" ]]; then echo "ok $number - $1"
  else
    failed=1
    echo "not ok $number - $1"
    printf '# expected: %s\n# found: %s\n' "${2//$'\n'/ | }" "${3//$'\n'/ | }"
  fi
}

machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
apt_dir=$machine/apt
mkdir -p "$apt_dir/sources.list.d"

# ---- mirrors
cat >"$apt_dir/sources.list" <<'END'
# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
  deb   [arch=amd64 signed-by=/usr/share/keyrings/key.gpg]   http://mirror.example/debian/   bookworm main contrib
END
is "one line each, with options" "http://mirror.example/debian" "$(find_mirror bookworm)"
is "no mirror of another release" "" "$(find_mirror bullseye)"

cat >"$apt_dir/sources.list" <<'END'
deb cdrom:[Debian 12]/ bookworm main
deb http://stable.example/debian stable main
END
is "the release by its role, a disc is no mirror" "http://stable.example/debian" "$(find_mirror bookworm)"

rm "$apt_dir/sources.list"
cat >"$apt_dir/sources.list.d/debian.sources" <<'END'
# a stanza that is off
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Enabled: no

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm

Types: deb deb-src
# between two fields
URIs:
 https://first.example/debian/
 http://second.example/debian
Suites: bookworm-updates
 bookworm
Components: main
END
is "fields that go on, comments, a stanza that is off" "https://first.example/debian" "$(find_mirror bookworm)"

printf '# mirrors\nhttp://listed.example/debian\tpriority:1\n' >"$machine/list"
printf 'deb mirror+file:%s bookworm main\n' "$machine/list" >"$apt_dir/sources.list"
is "a list of mirrors in a file" "http://listed.example/debian" "$(find_mirror bookworm)"

rm -r "$apt_dir"
is "no configuration at all" "" "$(find_mirror bookworm)"

# ---- packages
mkdir -p "$machine/root/var/lib/dpkg"
cat >"$machine/root/var/lib/dpkg/status" <<'END'
Package: gcc
Status: install ok installed
Version: 1
Architecture: all

Package: meson
Status: install ok half-configured
Version: 1
Architecture: all

END
is "missing and half-installed packages" "meson"$'\n'"zlib-ng" "$(missing_debian_packages "$machine/root" zlib-ng gcc meson)"
is "nothing missing" "" "$(missing_debian_packages "$machine/root" gcc)"

# ---- commands
is "an unknown command is bad usage" 2 "$(main dance >/dev/null 2>&1; echo $?)"
is "no command is bad usage" 2 "$(main >/dev/null 2>&1; echo $?)"
is "help needs no set-up" 0 "$(main --help >/dev/null 2>&1; echo $?)"

echo "1..$number"
exit "$failed"
