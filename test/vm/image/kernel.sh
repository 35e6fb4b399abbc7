#!/usr/bin/env bash
# kernel.sh OUT PACKAGE
# Unpacks Debian's kernel package without installing it. Makes in OUT: vmlinuz, initrd.gz (busybox, the root disk's
# modules) and modules.tar (what a guest may need, with dependencies; a fifth of the whole tree).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1 package=$2
version=${package#linux-image-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
apt-get -qq -o APT::Sandbox::User=root download "$package" busybox-static
dpkg-deb -x "$package"_*.deb kernel
dpkg-deb -x busybox-static_*.deb busybox
# Debian 13 merged /lib into /usr inside the packages too.
modules=$(find kernel -type d -path "*/lib/modules/$version")
base=${modules%/lib/modules/*}
depmod -b "$base" "$version"

# Files of the named modules and of all they need, in loading order. A name this kernel has built in gives nothing.
files_of() {
  local name
  for name in "$@"; do
    modprobe -S "$version" -d "$base" --show-depends "$name" 2>/dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

root_disk=(virtio_pci virtio_blk crc32c_generic crc32c_intel ext4)
guest=(virtio_console virtio_net virtio_rng virtio_balloon virtio_gpu virtio_input uinput evdev mousedev psmouse loop dummy
  bridge veth tun xfs vfat nls_ascii nls_cp437 overlay fuse autofs4 dm_mod rtc_cmos button configfs binfmt_misc
  vsock vmw_vsock_virtio_transport vsock_loopback bochs simpledrm qxl isofs sr_mod i6300esb
  sd_mod virtio_scsi ata_piix ahci nvme usb_storage xhci_pci btrfs)

target=$work/tree/lib/modules/$version
mkdir -p "$target"
for file in $(files_of "${root_disk[@]}" "${guest[@]}"); do
  install -D -m644 "$file" "$target/${file#*"/lib/modules/$version/"}"
done
cp "$modules"/modules.{builtin,builtin.modinfo,order} "$target/"
depmod -b "$work/tree" "$version"
tar -C "$work/tree" --owner=0 --group=0 -cf "$out/modules.tar" lib/modules

ramdisk=$work/ramdisk
mkdir -p "$ramdisk"/{bin,proc,sys,dev,root,modules}
install "$(find busybox -path "*/bin/busybox")" "$ramdisk/bin/busybox"
install "$here/initrd-init" "$ramdisk/init"
number=100
for file in $(files_of "${root_disk[@]}"); do
  # insmod of busybox reads plain files only; later kernels ship theirs compressed.
  case $file in
    *.xz) xz -dc "$file" >"$ramdisk/modules/$number.ko" ;;
    *) cp "$file" "$ramdisk/modules/$number.ko" ;;
  esac
  number=$((number + 1))
done
(cd "$ramdisk" && find . | cpio --quiet -o -H newc | gzip -1) >"$out/initrd.gz"
cp "kernel/boot/vmlinuz-$version" "$out/vmlinuz"
