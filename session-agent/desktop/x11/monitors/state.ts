import type { CrtcInfo, Geometry, Mode, OutputInfo, Property, RandR, ScreenResources } from 'x11';
import type { OutputState } from '../../../monitors/follow.ts';
import type { XConnection } from '../connection.ts';

/** One output of the screen: a socket that a monitor is on, or would be. */
export interface Output extends OutputInfo {
  readonly id: number;
  readonly isConnected: boolean;
}

export interface Crtc extends CrtcInfo {
  readonly id: number;
}

/** What the screen looks like at one moment. */
export interface ScreenState {
  readonly width: number;
  readonly height: number;
  /** Outputs or modes have changed since somebody arranged them. */
  readonly isUntouched: boolean;
  /** In the server's order. */
  readonly outputs: readonly Output[];
  readonly crtcs: readonly Crtc[];
  readonly modes: readonly Mode[];
}

const DISCONNECTED = 1;
/** Modes that we made, to be told from the server's. */
const OUR_MODE = /^uga-\d+x\d+$/;
/** Connectors of the kernel's drivers for virtual machines. */
const VIRTUAL = /^Virtual-/;

export const isOurs = ({ name }: Mode): boolean => OUR_MODE.test(name);

/** @throws {AgentError} 'failed', also when an output goes away while it is being read; 'timeout', 'cancelled' */
export async function readScreen(x: XConnection, randr: RandR): Promise<ScreenState> {
  const resources = await x.ask<ScreenResources>('screen', (_, done) => randr.GetScreenResourcesCurrent(x.root, done));
  const at = resources.config_timestamp;
  const [outputs, crtcs, size] = await Promise.all([
    Promise.all(
      resources.outputs.map(async (id) => {
        const info = await x.ask<OutputInfo>('output', (_, done) => randr.GetOutputInfo(id, at, done));
        return { ...info, id, isConnected: info.connection !== DISCONNECTED };
      }),
    ),
    Promise.all(
      resources.crtcs.map(async (id) => ({
        id,
        ...(await x.ask<CrtcInfo>('crtc', (_, done) => randr.GetCrtcInfo(id, at, done))),
      })),
    ),
    x.ask<Geometry>('screen size', (client, done) => client.GetGeometry(x.root, done)),
  ]);
  const isUntouched = isLater(at, resources.timestamp);
  return { width: size.width, height: size.height, isUntouched, outputs, crtcs, modes: resources.modeinfos };
}

/** What an output shows; undefined: it is off. */
export function crtcOf({ crtcs }: Pick<ScreenState, 'crtcs'>, output: Output): Crtc | undefined {
  return crtcs.find(({ id, mode }) => id === output.crtc && mode !== 0);
}

/** Times of the server are milliseconds in 32 bits, and begin again after seven weeks. */
function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** The outputs as those see them who follow their device. @throws {AgentError} */
export async function outputStates(x: XConnection, randr: RandR, state: ScreenState): Promise<readonly OutputState[]> {
  const atoms = await x.atoms(['suggested X', 'suggested Y']);
  const numberOf = async (output: Output, property: number) => {
    const { type, format, data } = await x.ask<Pick<Property, 'type' | 'format' | 'data'>>('property', (_, done) =>
      randr.GetOutputProperty(output.id, property, 0, 0, 1, false, false, done),
    );
    return type !== 0 && format === 32 && data.length === 4 ? data.readInt32LE(0) : undefined;
  };
  return Promise.all(
    state.outputs.map(async (output) => {
      const { isConnected } = output;
      const now = crtcOf(state, output);
      if (!VIRTUAL.test(output.name)) return { isConnected, ...(now && { now }) };
      const [first] = output.preferredModes > 0 ? output.modes : [];
      const preferred = state.modes.find(({ id }) => id === first);
      const [left, top] = [await numberOf(output, atoms['suggested X']), await numberOf(output, atoms['suggested Y'])];
      return {
        isConnected,
        ...(preferred && { preferred }),
        ...(left !== undefined && top !== undefined && { suggested: { x: left, y: top } }),
        ...(now && { now }),
      };
    }),
  );
}
