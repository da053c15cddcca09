#!/bin/sh
# Starts Mosquitto with mosquitto.conf and voltbay.acl on free ports, with passwords and a certificate of its own, and tries what stations
# and hubs may and may not do. Needs mosquitto, mosquitto-clients, openssl. Exit code 1 when the broker does not start or allows too much.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PATH="$PATH:/usr/sbin:/usr/local/sbin"
for tool in mosquitto mosquitto_pub mosquitto_sub mosquitto_passwd openssl; do
  command -v "$tool" >/dev/null || { echo "check-mosquitto.sh: $tool is missing (Debian: mosquitto mosquitto-clients openssl)" >&2; exit 2; }
done
dir=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null || true; rm -rf "$dir"' EXIT
port=$((20000 + $$ % 20000)); tls=$((port + 1))
touch "$dir/passwd"; chmod 600 "$dir/passwd"
for name in voltbay-hub 1231 1232; do mosquitto_passwd -b "$dir/passwd" "$name" "secret-of-$name"; done
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
cp "$here/voltbay.acl" "$dir/acl"; chmod 600 "$dir/acl" "$dir/key.pem"
sed -e "s#^password_file .*#password_file $dir/passwd#" -e "s#^acl_file .*#acl_file $dir/acl#" \
    -e "s#^listener 1883 .*#listener $port 127.0.0.1#" -e "s#^listener 8883#listener $tls 127.0.0.1#" \
    -e "s#^certfile .*#certfile $dir/cert.pem#" -e "s#^keyfile .*#keyfile $dir/key.pem#" \
    -e "s#^persistence_location .*#persistence_location $dir/#" "$here/mosquitto.conf" > "$dir/mosquitto.conf"
# As root it would change to a user that cannot read the folder.
[ "$(id -u)" != 0 ] || echo "user root" >> "$dir/mosquitto.conf"
mosquitto -c "$dir/mosquitto.conf" > "$dir/log" 2>&1 & broker=$!
ready() { mosquitto_pub -h 127.0.0.1 -p "$port" -u voltbay-hub -P secret-of-voltbay-hub -t control -m '' -q 1 2>/dev/null; }
n=0; until ready; do n=$((n + 1)); [ $n -lt 100 ] || { cat "$dir/log" >&2; exit 1; }; sleep 0.1; done

failed=0
# receives NAME FILTER PUBLISHER TOPIC yes|no: whether what is published arrives.
receives() {
  who=$1 filter=$2 from=$3 topic=$4 expected=$5; shift 5
  # What must not arrive is not waited for so long.
  if [ "$expected" = yes ]; then wait_s=30; else wait_s=3; fi
  stdbuf -oL mosquitto_sub -V mqttv5 -h 127.0.0.1 -p "$port" -u "$who" -P "secret-of-$who" -t "$filter" -C 1 -W $wait_s -q 1 -d > "$dir/got" 2>&1 & sub=$!
  n=0; until grep -q SUBACK "$dir/got" 2>/dev/null; do n=$((n + 1)); [ $n -lt 50 ] || break; sleep 0.05; done
  mosquitto_pub -h 127.0.0.1 -p "$port" -u "$from" -P "secret-of-$from" -t "$topic" -m hello -q 1 "$@" 2>/dev/null || true
  wait "$sub" || true
  if grep -qx hello "$dir/got"; then found=yes; else found=no; fi
  [ "$found" = "$expected" ] || failed=1
  echo "$([ "$found" = "$expected" ] && echo ok || echo FAILED): $from publishes $topic, $who on $filter: $found"
}
receives voltbay-hub '$share/hub/info/+' 1231 info/1231 yes
receives voltbay-hub 'state/+' 1231 state/1231 yes
receives 1231 control/1231 voltbay-hub control/1231 yes
receives voltbay-hub 'info/+' 1231 info/1232 no
receives 1232 control/1231 voltbay-hub control/1231 no
receives 1232 control/1232 1231 control/1232 no
receives 1231 info/1232 1232 info/1232 no
if mosquitto_pub -h 127.0.0.1 -p "$port" -u 1231 -P wrong -t info/1231 -m x 2>/dev/null; then echo "FAILED: a wrong password is let in"; failed=1; fi
if mosquitto_pub -h 127.0.0.1 -p "$port" -t info/1231 -m x 2>/dev/null; then echo "FAILED: nobody is let in without a name"; failed=1; fi
mosquitto_pub -h localhost -p "$tls" --cafile "$dir/cert.pem" -u 1231 -P secret-of-1231 -t info/1231 -m x -q 1 || { echo "FAILED: TLS"; failed=1; }
[ $failed = 0 ] && echo "mosquitto.conf works: $(mosquitto -h | head -1)"
exit $failed
