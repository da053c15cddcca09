#!/bin/sh
# Installs, or installs again, the station agent from an artifact of scripts/agent-artifact.mjs. Safe to repeat: configuration, data and
# the releases that are there already stay.
#   sudo sh install.sh voltbay-agent-1.0.0-linux-x64.tgz
# Layout: /opt/voltbay-agent/releases/<version>, /opt/voltbay-agent/current -> the running one, /etc/voltbay/agent.json, /var/lib/voltbay.
# --root DIR builds an image: everything goes below DIR, the service is enabled and its user made there as far as this machine has the
# tools (systemctl, systemd-sysusers, root); nothing of this machine is touched.
set -eu

usage() { echo "use: install.sh [--root DIR] ARTIFACT.tgz" >&2; exit 2; }
root=""
artifact=""
while [ $# -gt 0 ]; do
  case "$1" in
    --root) [ $# -ge 2 ] || usage; root="$2"; shift 2 ;;
    -*) usage ;;
    *) [ -z "$artifact" ] || usage; artifact="$1"; shift ;;
  esac
done
[ -n "$artifact" ] && [ -f "$artifact" ] || usage
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
app="$root/opt/voltbay-agent"

node=$(command -v node) || { echo "install.sh: Node.js 20.19 or newer is needed" >&2; exit 1; }
"$node" -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' ||
  { echo "install.sh: Node.js 20.19 or newer is needed, this is $("$node" --version)" >&2; exit 1; }

mkdir -p "$app/releases" "$app/work" "$app/bin" "$root/etc/voltbay" "$root/var/lib/voltbay"
stage="$app/work/install.$$"
trap 'rm -rf "$stage"' EXIT
mkdir "$stage"
tar -xzf "$artifact" -C "$stage" --strip-components=1 --no-same-owner
version=$("$node" "$stage/bin/voltbay-agent.mjs" version) ||
  { echo "install.sh: the artifact does not run on this machine" >&2; exit 1; }
case "$version" in ''|*[!A-Za-z0-9.+-]*) echo "install.sh: odd version $version" >&2; exit 1 ;; esac
if [ ! -d "$app/releases/$version" ]; then
  sync
  mv "$stage" "$app/releases/$version"
fi
# Outside the releases on purpose: it takes a broken one back.
cp "$app/releases/$version/bin/update-guard.mjs" "$app/bin/update-guard.mjs"
ln -sfn "releases/$version" "$app/current.new"
mv -T "$app/current.new" "$app/current"
# What an unfinished update wanted does not count any more.
rm -f "$app/update.json"

if [ ! -e "$root/etc/voltbay/agent.json" ]; then
  echo "install.sh: now write /etc/voltbay/agent.json: voltbay-agent setup -c /etc/voltbay/agent.json"
fi
mkdir -p "$root/usr/local/bin"
printf '#!/bin/sh\nexec node /opt/voltbay-agent/current/bin/voltbay-agent.mjs "$@"\n' > "$root/usr/local/bin/voltbay-agent"
chmod 755 "$root/usr/local/bin/voltbay-agent"
mkdir -p "$root/etc/systemd/system"
cp "$here/voltbay-agent.service" "$root/etc/systemd/system/voltbay-agent.service"

mkdir -p "$root/usr/lib/sysusers.d"
printf 'u voltbay - "Voltbay station agent" /var/lib/voltbay /usr/sbin/nologin\n' > "$root/usr/lib/sysusers.d/voltbay-agent.conf"

if [ -z "$root" ]; then
  id voltbay >/dev/null 2>&1 || useradd --system --home-dir /var/lib/voltbay --shell /usr/sbin/nologin voltbay
  owner=voltbay:voltbay
elif [ "$(id -u)" = 0 ] && command -v systemd-sysusers >/dev/null; then
  systemd-sysusers --root="$root" voltbay-agent.conf
  # By number: the name is the image's.
  owner=$(awk -F: '$1 == "voltbay" { print $3 ":" $4 }' "$root/etc/passwd")
else
  owner=""
  echo "install.sh: at first start in the image: chown -R voltbay:voltbay /opt/voltbay-agent /var/lib/voltbay" >&2
fi
if [ -n "$owner" ]; then
  # The agent installs its own updates, and nothing else there.
  chown -R "$owner" "$app" "$root/var/lib/voltbay"
  chown 0:0 "$app/bin" "$app/bin/update-guard.mjs"
fi
if [ -z "$root" ]; then
  systemctl daemon-reload
  systemctl enable voltbay-agent.service
  if [ -e /etc/voltbay/agent.json ]; then systemctl restart voltbay-agent.service; fi
elif command -v systemctl >/dev/null; then
  systemctl --root="$root" enable voltbay-agent.service
fi
echo "voltbay-agent $version is installed in $app"
