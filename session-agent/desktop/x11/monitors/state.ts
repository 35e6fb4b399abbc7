import type { CrtcInfo, Geometry, Mode, OutputInfo, RandR, ScreenResources } from 'x11';
import type { XConnection } from '../connection.ts';

/** One output of the screen: a socket that a monitor is on, or would be. */
export interface Output extends OutputInfo {
  readonly id: number;
}

export interface Crtc extends CrtcInfo {
  readonly id: number;
}

/** What the screen looks like at one moment. */
export interface ScreenState {
  readonly width: number;
  readonly height: number;
  readonly configTimestamp: number;
  /** In the server's order. */
  readonly outputs: readonly Output[];
  readonly crtcs: readonly Crtc[];
  readonly modes: readonly Mode[];
}

const DISCONNECTED = 1;

/** @throws {AgentError} 'failed', also when an output goes away while it is being read; 'timeout', 'cancelled' */
export async function readScreen(x: XConnection, randr: RandR): Promise<ScreenState> {
  const resources = await x.ask<ScreenResources>('screen', (_, done) => randr.GetScreenResourcesCurrent(x.root, done));
  const at = resources.config_timestamp;
  const [outputs, crtcs, size] = await Promise.all([
    Promise.all(
      resources.outputs.map(async (id) => ({
        id,
        ...(await x.ask<OutputInfo>('output', (_, done) => randr.GetOutputInfo(id, at, done))),
      })),
    ),
    Promise.all(
      resources.crtcs.map(async (id) => ({
        id,
        ...(await x.ask<CrtcInfo>('crtc', (_, done) => randr.GetCrtcInfo(id, at, done))),
      })),
    ),
    x.ask<Geometry>('screen size', (client, done) => client.GetGeometry(x.root, done)),
  ]);
  return { width: size.width, height: size.height, configTimestamp: at, outputs, crtcs, modes: resources.modeinfos };
}

/** Those that a monitor can be shown on. */
export function usable(outputs: readonly Output[]): readonly Output[] {
  return outputs.filter(({ connection, crtc }) => connection !== DISCONNECTED || crtc !== 0);
}
