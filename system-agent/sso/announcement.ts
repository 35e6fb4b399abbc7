import type { Emission, OfferedObject } from '#shared/dbus/offer.ts';

/**
 * How greeters and lock screens hear that somebody can be logged in: name, object and signal of ovirt-guest-agent, for which
 * GNOME Shell listens. Everybody on the bus can read the token; what protects the password is who may bring it back.
 * Source: ovirt-guest-agent CredServer.py, gnome-shell js/gdm/oVirt.js.
 */
export const CREDENTIALS: OfferedObject = {
  name: 'org.ovirt.vdsm.Credentials',
  path: '/org/ovirt/vdsm/Credentials',
  interfaces:
    '<interface name="org.ovirt.vdsm.Credentials">' +
    '<signal name="UserAuthenticated"><arg name="token" type="s"/></signal></interface>',
};

export function userAuthenticated(token: Buffer): Omit<Emission, 'path'> {
  const body = ['0'.repeat(token.length)];
  return { interface: CREDENTIALS.name, member: 'UserAuthenticated', signature: 's', body, ending: token };
}
