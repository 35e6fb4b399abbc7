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
