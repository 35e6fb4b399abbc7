#!/usr/bin/env bash
# customize.sh ROOT: what makes the lab's guest one with GNOME behind its greeter. Runs after the customize.sh of every guest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1

cp -r --no-preserve=ownership "$here/root/." "$root/"
chroot "$root" useradd -m -s /bin/bash bob
echo 'bob:bobpw' | chroot "$root" chpasswd
for user in alice bob; do
  chroot "$root" install -d -o "$user" -g "$user" "/home/$user/Downloads"
done
echo /usr/sbin/gdm3 >"$root/etc/X11/default-display-manager"
# A test starts it: the greeter draws all the time, which takes the processor from the boot and from what is saved.
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
