/**
 * Where a bus listens: the path of a socket, or a NUL and an abstract name.
 * Addresses of other kinds (tcp, launchd, autolaunch) are left out: a bus beyond this machine is none of ours.
 * Source: D-Bus specification, Server Addresses.
 */
export function socketPaths(addresses: string, runtimeDirectory: string | undefined): string[] {
  return addresses.split(';').flatMap((address) => {
    const [transport, parameters] = cut(address, ':');
    if (transport !== 'unix') return [];
    const values = new Map(parameters.split(',').map((pair) => cut(pair, '=')));
    const path = unescaped(values.get('path'));
    if (path !== undefined) return [path];
    const abstract = unescaped(values.get('abstract'));
    if (abstract !== undefined) return [`\0${abstract}`];
    return values.get('runtime') === 'yes' && runtimeDirectory !== undefined ? [`${runtimeDirectory}/bus`] : [];
  });
}

export function systemBus(environment: NodeJS.ProcessEnv): string[] {
  return socketPaths(
    environment.DBUS_SYSTEM_BUS_ADDRESS ?? 'unix:path=/run/dbus/system_bus_socket',
    environment.XDG_RUNTIME_DIR,
  );
}

/** The user's bus; none without an address and a runtime directory. */
export function sessionBus(environment: NodeJS.ProcessEnv): string[] {
  return socketPaths(environment.DBUS_SESSION_BUS_ADDRESS ?? 'unix:runtime=yes', environment.XDG_RUNTIME_DIR);
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** @returns undefined for what is absent, empty or wrongly escaped */
function unescaped(value: string | undefined): string | undefined {
  if (value === undefined || value === '' || /%(?![0-9a-f]{2})/i.test(value)) return undefined;
  const bytes = value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
