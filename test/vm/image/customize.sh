#!/usr/bin/env bash
# customize.sh ROOT, run by mmdebstrap on the finished tree: what makes a Debian root the lab's guest.
# From the environment: LAB_MODULES (kernel modules, a tar file).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1

cp -r --no-preserve=ownership "$here/root/." "$root/"
# /lib is a link into /usr, which tar would replace by a folder.
tar -C "$root/usr" -xf "$LAB_MODULES"
mkdir -p "$root/opt/uga"

echo lab >"$root/etc/hostname"
echo '127.0.1.1 lab' >>"$root/etc/hosts"
echo '/dev/vda / ext4 rw,relatime 0 1' >"$root/etc/fstab"
# A fixed id: without one, systemd runs its first-boot pass at every start of an overlay.
rm -f "$root/etc/machine-id"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"

chroot "$root" useradd -m -s /bin/bash alice
printf 'root:rootpw\nalice:alicepw\n' | chroot "$root" chpasswd

chroot "$root" systemctl -q enable lab-shell.service
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# Nothing periodic: it costs seconds under emulation and disturbs measurements.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer systemd-random-seed.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# Our package takes the place of the originals', which are the oracles of some tests. So their files move to where only tests
# start them; the libraries that they brought stay.
for package in qemu-guest-agent spice-vdagent; do
  if chroot "$root" dpkg-query --status "$package" >/dev/null 2>&1; then
    mkdir -p "$root/opt/originals"
    for program in $(chroot "$root" dpkg-query --listfiles "$package" | grep -E '^/usr/s?bin/.'); do
      cp "$root$program" "$root/opt/originals/"
    done
    chroot "$root" dpkg --purge "$package"
  fi
done
