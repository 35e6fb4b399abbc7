#!/usr/bin/env bash
# customize.sh ROOT: what makes the lab's guest one with a desktop. Runs after the customize.sh of every guest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1

cp -r --no-preserve=ownership "$here/root/." "$root/"
chroot "$root" useradd -m -s /bin/bash bob
echo 'bob:bobpw' | chroot "$root" chpasswd
# Files from a client go to a folder that the user has.
for user in alice bob; do
  chroot "$root" install -d -o "$user" -g "$user" "/home/$user/Downloads"
done

echo /usr/sbin/lightdm >"$root/etc/X11/default-display-manager"
ln -sf /lib/systemd/system/lightdm.service "$root/etc/systemd/system/display-manager.service"
ln -sf /lib/systemd/system/graphical.target "$root/etc/systemd/system/default.target"
# Debian's agent is the stand-in for ours, and the oracle: a test starts it, nobody else.
rm "$root/etc/xdg/autostart/spice-vdagent.desktop"
ln -sf /dev/null "$root/etc/udev/rules.d/70-spice-vdagentd.rules"
chroot "$root" systemctl -q disable spice-vdagentd.service spice-vdagentd.socket
