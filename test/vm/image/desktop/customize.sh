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
# The sessions of most tests start their agent by lab-session-agent, which a test tells what to start; screen locks, too, are
# started by those who want one.
for user in alice bob; do
  chroot "$root" install -d -o "$user" -g "$user" "/home/$user/.config" "/home/$user/.config/autostart"
  for program in uga-session-agent light-locker; do
    printf '[Desktop Entry]\nHidden=true\n' >"$root/home/$user/.config/autostart/$program.desktop"
  done
done
