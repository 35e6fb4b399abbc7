/** An output of a display server. */
export interface NamedOutput {
  readonly name: string;
  readonly isConnected: boolean;
}

/** A display of the host, found among this machine's devices. */
export interface LocatedDisplay {
  /** What clients call it: the index in their wishes, and the number in their pointer's messages. */
  readonly id: number;
  /** The kernel's name of the connector: `Virtual-1`. Undefined: its driver has none. */
  readonly connector: string | undefined;
  /** Number of the output on its device. */
  readonly output: number;
}

/**
 * Which output is which display, by display id. Without a word of the host it is their order, the connected ones first:
 * hosts do not count what nobody can see. As soon as one display was found by its device, only those are displays.
 * @param named finds the output of a connector
 */
export function outputsByDisplay<O extends NamedOutput>(
  outputs: readonly O[],
  located: readonly LocatedDisplay[],
  named: (outputs: readonly O[], connector: string) => O | undefined = outputNamed,
): readonly (O | undefined)[] {
  const found = located.flatMap(({ id, connector, output }) => {
    const at = connector === undefined ? outputs[output] : named(outputs, connector);
    return at === undefined ? [] : [[id, at] as const];
  });
  if (found.length === 0) return outputs.toSorted((a, b) => Number(b.isConnected) - Number(a.isConnected));
  const byId = new Map(found);
  return Array.from({ length: Math.max(...byId.keys()) + 1 }, (_, id) => byId.get(id));
}

const CONNECTOR = /^(.+)-(\d+)$/;

/**
 * Names of the kernel and of X differ a little: HDMI-A is HDMI there, outputs of a second device have its number before their
 * own, and QXL's old driver counts from 0.
 */
export function outputNamed<O extends NamedOutput>(outputs: readonly O[], connector: string): O | undefined {
  const [, kind = connector, number = ''] = CONNECTOR.exec(connector) ?? [];
  const type = kind === 'HDMI-A' ? 'HDMI' : kind;
  const isFromZero = outputs.some(({ name }) => name === `${type}-0`);
  const own = isFromZero ? Number(number) - 1 : number;
  const ofSecondDevice = (name: string) => name.startsWith(`${type}-`) && name.endsWith(`-${own}`);
  return outputs.find(({ name }) => name === `${type}-${own}`) ?? outputs.find(({ name }) => ofSecondDevice(name));
}
