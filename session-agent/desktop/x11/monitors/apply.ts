import type { Geometry, RandR } from 'x11';
import { AgentError } from '#shared/errors.ts';
import type { XConnection } from '../connection.ts';
import { reducedBlanking } from './cvt.ts';
import type { Head, Plan } from './plan.ts';
import type { Output, ScreenState } from './state.ts';

/** Sizes in millimetres are those of a screen with 96 dots per inch, as everywhere on virtual displays. */
const MM_PER_PIXEL = 25.4 / 96;
const OFF = 0;
const NOW = 0;
const UPRIGHT = 1;
const SUCCESS = 0;
/** Modes that we made, to be told from the server's. */
const OUR_MODE = /^uga-\d+x\d+$/;

/**
 * Crtcs off, screen to its new size, crtcs on: the order in which a screen is never smaller than what it shows.
 * @throws {AgentError} naming the step that failed; what was before is the caller's to restore
 */
export async function applyPlan(x: XConnection, randr: RandR, before: ScreenState, plan: Plan): Promise<void> {
  const modes = new Map<Head, number>();
  for (const head of plan.heads) modes.set(head, await modeFor(x, randr, before, head));
  for (const crtc of plan.off)
    await setCrtc(x, randr, crtc.id, { x: 0, y: 0, mode: OFF, rotation: UPRIGHT, output: [] });
  await setScreenSize(x, randr, plan.width, plan.height);
  for (const [{ crtc, output, area }, mode] of modes) {
    await setCrtc(x, randr, crtc.id, { x: area.x, y: area.y, mode, rotation: UPRIGHT, output: [output.id] });
  }
  removeOldModes(randr, before, new Set(modes.values()));
}

/** @throws {AgentError} */
export async function restore(x: XConnection, randr: RandR, before: ScreenState): Promise<void> {
  for (const { id } of before.crtcs)
    await setCrtc(x, randr, id, { x: 0, y: 0, mode: OFF, rotation: UPRIGHT, output: [] });
  await setScreenSize(x, randr, before.width, before.height);
  for (const crtc of before.crtcs) if (crtc.mode !== OFF) await setCrtc(x, randr, crtc.id, crtc);
}

/** A mode of that size on the output; one is made if there is none. */
async function modeFor(x: XConnection, randr: RandR, before: ScreenState, { output, area }: Head): Promise<number> {
  const { width, height } = area;
  const fits = before.modes.filter((mode) => mode.width === width && mode.height === height);
  const there = fits.find(({ id }) => output.modes.includes(id));
  if (there !== undefined) return there.id;
  const name = `uga-${width}x${height}`;
  const made =
    fits.find((mode) => mode.name === name)?.id ??
    (await x.ask<number>('mode', (_, done) =>
      randr.CreateMode(x.root, { name, ...reducedBlanking(width, height) }, done),
    ));
  randr.AddOutputMode(output.id, made);
  return made;
}

interface CrtcSetting {
  readonly x: number;
  readonly y: number;
  readonly mode: number;
  readonly rotation: number;
  readonly output: readonly number[];
}

async function setCrtc(x: XConnection, randr: RandR, id: number, to: CrtcSetting): Promise<void> {
  const { status } = await x.ask<{ readonly status: number }>('crtc', (_, done) =>
    randr.SetCrtcConfig(id, NOW, NOW, to.x, to.y, to.mode, to.rotation, to.output, done),
  );
  if (status !== SUCCESS) throw new AgentError('failed', `the display refused a monitor's mode (status ${status})`);
}

/** The request has no answer of its own, so its success is read back. */
async function setScreenSize(x: XConnection, randr: RandR, width: number, height: number): Promise<void> {
  randr.SetScreenSize(x.root, width, height, Math.round(width * MM_PER_PIXEL), Math.round(height * MM_PER_PIXEL));
  const now = await x.ask<Geometry>('screen size', (client, done) => client.GetGeometry(x.root, done));
  if (now.width !== width || now.height !== height) {
    throw new AgentError('failed', `the display stays at ${now.width}x${now.height} instead of ${width}x${height}`);
  }
}

function removeOldModes(randr: RandR, before: ScreenState, used: ReadonlySet<number>): void {
  const isOn = (output: Output, mode: number) => output.modes.includes(mode);
  for (const { id, name } of before.modes) {
    if (!OUR_MODE.test(name) || used.has(id)) continue;
    for (const output of before.outputs) if (isOn(output, id)) randr.DeleteOutputMode(output.id, id);
    randr.DestroyMode(id);
  }
}
