import { tuple } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import { flag, integer, list, maybe, type Read, record, type Shape, text } from '#shared/schema/record.ts';
import type { Rectangle } from '../../../../monitors/layout.ts';
import { isVirtual } from '../kernel-sizes.ts';
import { byName, type Head, inUnits, type Mode, type Scene, type Shown } from '../scene.ts';

/** As many as the session link carries. */
const MAX_DISPLAYS = 64;
const MAX_MODES = 1024;
const MAX_SCALES = 256;
const MAX_NAME = 255;
/** Texts of a monitor's own, which may hold anything. */
const ignored: Shape<undefined> = { read: () => undefined };

const pixels = integer(1, 0xffff);
const place = integer(-0x8000_0000, 0x7fff_ffff);
const scale = between(0.01, 100);
const spec = tuple(text(MAX_NAME), ignored, ignored, ignored);
const mode = tuple(
  text(MAX_NAME),
  pixels,
  pixels,
  between(0, 10_000),
  scale,
  list(scale, MAX_SCALES),
  record({ 'is-preferred': maybe(flag), 'is-current': maybe(flag) }),
);
const monitor = tuple(spec, list(mode, MAX_MODES), ignored);
const logical = tuple(place, place, scale, integer(0, 7), flag, list(spec, MAX_DISPLAYS), ignored);
const state = tuple(
  integer(0, 0xffff_ffff),
  list(monitor, MAX_DISPLAYS),
  list(logical, MAX_DISPLAYS),
  record({ 'layout-mode': maybe(integer(0, 0xffff_ffff)) }),
);

/** Of META_LOGICAL_MONITOR_LAYOUT_MODE; 1, or none, is logical. */
const PHYSICAL = 2;

export interface MutterState {
  /** Changes are based on it, and refused when it is not the newest. */
  readonly serial: number;
  readonly scene: Scene;
}

/**
 * The answer to GetCurrentState. Source: mutter, data/dbus-interfaces/org.gnome.Mutter.DisplayConfig.xml.
 * @throws {AgentError} 'malformed'; 'unsupported' without any monitor: other compositors own the name too
 */
export function parseState(body: unknown): MutterState {
  const [serial, monitors, logicals, properties] = state.read(body, 'GetCurrentState');
  if (monitors.length === 0) throw new AgentError('unsupported', 'DisplayConfig has no monitors: this is not Mutter');
  const units = properties['layout-mode'] === PHYSICAL ? 'pixels' : 'logical';
  const heads = monitors.map(([[name], modes]): Head => {
    const on = logicals.find(([, , , , , specs]) => specs.some(([connector]) => connector === name));
    const current = modes.find(([, , , , , , told]) => told['is-current'] === true);
    const shown = on && current && shownBy(on, current, units);
    const preferred = isVirtual(name) ? modes.find(([, , , , , , told]) => told['is-preferred'] === true) : undefined;
    return {
      name,
      modes: modes.map(asMode),
      takesAnySize: false,
      isPrimary: on?.[4] ?? false,
      ...(shown && { shown }),
      ...(preferred && { preferred: { width: preferred[1], height: preferred[2] } }),
    };
  });
  return { serial, scene: { heads: byName(heads), units } };
}

function asMode([id, width, height, refresh, preferredScale, scales, told]: Read<typeof mode>): Mode {
  const isPreferred = told['is-preferred'] === true;
  const known = { id, width, height, refresh: Math.round(refresh * 1000), isPreferred, preferredScale };
  return scales.length === 0 ? known : { ...known, scales };
}

function shownBy(
  [x, y, factor, transform]: Read<typeof logical>,
  [modeId, width, height]: Read<typeof mode>,
  units: Scene['units'],
): Shown {
  const size = { width, height };
  const area: Rectangle = { x, y, ...inUnits(size, factor, transform, units) };
  return { area, size, scale: factor, transform, modeId };
}

function between(min: number, max: number): Shape<number> {
  return {
    read(value, name) {
      if (typeof value === 'number' && value >= min && value <= max) return value;
      throw new AgentError('malformed', `${name} is not a number from ${min} to ${max}`);
    },
  };
}
