import type { RootShell } from '../guest/root-shell.ts';

/** Shell text: nobody touches this desktop, and nothing moves on it. Before `gdm` starts. */
export const CALM = `
cat >/usr/share/glib-2.0/schemas/90_lab.gschema.override <<'END'
[org.gnome.desktop.session]
idle-delay=uint32 0
[org.gnome.desktop.interface]
enable-animations=false
END
/usr/lib/*/glib-2.0/glib-compile-schemas /usr/share/glib-2.0/schemas
systemctl --quiet --global mask org.gnome.SettingsDaemon.UsbProtection.service`;

/** Shell text: GDM logs alice in by itself when it starts. */
export const ALICE_LOGS_IN = `
printf '[daemon]\\nWaylandEnable=true\\nAutomaticLoginEnable=true\\nAutomaticLogin=alice\\n' >/etc/gdm3/daemon.conf`;

/** Processor time of a process so far, ms. */
export async function workOf(shell: RootShell, pid: number): Promise<number> {
  return 10 * Number(await shell.run(`awk '{print $14 + $15}' /proc/${pid}/stat`));
}
