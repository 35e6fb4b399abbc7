#!/usr/bin/env bash
# libvirtd.sh FOLDER, started in mount and pid namespaces of its own
# Runs libvirtd with FOLDER's etc, run, lib, cache and log in the places that are compiled into it: the machine's own
# libvirt configuration is neither read nor changed, and its daemon may run beside. The socket is FOLDER/run/libvirt/libvirt-sock.
set -euo pipefail
mkdir -p "$1"/run/libvirt "$1"/lib "$1"/cache "$1"/log
mount --bind "$1/etc" /etc/libvirt
mount --bind "$1/run" /run
for part in lib cache log; do mount --bind "$1/$part" "/var/$part/libvirt"; done
# Not exec: libvirtd leaves orphans (it starts QEMU as a daemon), and the first process of a pid namespace must reap them.
libvirtd &
wait
