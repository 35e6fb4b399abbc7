import type { Geometry, RandR } from 'x11';
import { AgentError } from '#shared/errors.ts';
import type { XConnection } from '../connection.ts';
import { reducedBlanking } from './cvt.ts';
import type { Head, Plan } from './plan.ts';
import { isOurs, type ScreenState } from './state.ts';

/** Sizes in millimetres are those of a screen with 96 dots per inch, as everywhere on virtual displays. */
const MM_PER_PIXEL = 25.4 / 96;
const OFF = 0;
const NOW = 0;
const UPRIGHT = 1;
const SUCCESS = 0;
const INTERLACED = 16;

/**
 * Crtcs off, screen to its new size, crtcs on: the order in which a screen is never smaller than what it shows.
 * @throws {AgentError} naming the step that failed; what was before is the caller's to restore
 */
export async function applyPlan(x: XConnection, randr: RandR, before: ScreenState, plan: Plan): Promise<void> {
  const made = new Map<string, number>();
  const modes = new Map<Head, number>();
  for (const head of plan.heads) modes.set(head, await modeFor(x, randr, before, head, made));
  for (const crtc of plan.off)
    await setCrtc(x, randr, crtc.id, { x: 0, y: 0, mode: OFF, rotation: UPRIGHT, output: [] });
  await setScreenSize(x, randr, plan.width, plan.height);
  for (const [{ crtc, output, area }, mode] of modes) {
    await setCrtc(x, randr, crtc.id, { x: area.x, y: area.y, mode, rotation: UPRIGHT, output: [output.id] });
  }
}

/** @throws {AgentError} */
export async function restore(x: XConnection, randr: RandR, before: ScreenState): Promise<void> {
  for (const { id } of before.crtcs)
    await setCrtc(x, randr, id, { x: 0, y: 0, mode: OFF, rotation: UPRIGHT, output: [] });
  await setScreenSize(x, randr, before.width, before.height);
  for (const crtc of before.crtcs) if (crtc.mode !== OFF) await setCrtc(x, randr, crtc.id, crtc);
}

/** Takes modes away that we made and no crtc shows. */
export function removeIdleModes(randr: RandR, { modes, crtcs, outputs }: ScreenState): void {
  for (const mode of modes) {
    if (!isOurs(mode) || crtcs.some((crtc) => crtc.mode === mode.id)) continue;
    for (const output of outputs) if (output.modes.includes(mode.id)) randr.DeleteOutputMode(output.id, mode.id);
    randr.DestroyMode(mode.id);
  }
}

/**
 * A mode of that size on the output, the preferred one if it is among them; one is made if there is none.
 * @param made by name, for this plan: two outputs of one size share it
 */
async function modeFor(
  x: XConnection,
  randr: RandR,
  before: ScreenState,
  { output, area }: Head,
  made: Map<string, number>,
): Promise<number> {
  const { width, height } = area;
  const fits = before.modes.filter((mode) => mode.width === width && mode.height === height);
  const progressive = new Set(fits.filter(({ modeflags }) => !(modeflags & INTERLACED)).map(({ id }) => id));
  const there = output.modes.find((id) => progressive.has(id));
  if (there !== undefined) return there;
  const name = `uga-${width}x${height}`;
  const mode =
    fits.find((one) => one.name === name)?.id ??
    made.get(name) ??
    (await x.ask<number>('mode', (_, done) =>
      randr.CreateMode(x.root, { name, ...reducedBlanking(width, height) }, done),
    ));
  made.set(name, mode);
  randr.AddOutputMode(output.id, mode);
  return mode;
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
