/** A video mode as RandR wants it (randrproto: MODEINFO, without id and name). */
export interface Timing {
  readonly width: number;
  readonly height: number;
  /** Hertz. */
  readonly dot_clock: number;
  readonly h_sync_start: number;
  readonly h_sync_end: number;
  readonly h_total: number;
  readonly h_skew: number;
  readonly v_sync_start: number;
  readonly v_sync_end: number;
  readonly v_total: number;
  readonly modeflags: number;
}

const REFRESH_HZ = 60;
/** VESA CVT 1.1, reduced blanking: fixed horizontal blanking, and at least this long a vertical one. */
const H_BLANK = 160;
const H_FRONT = 48;
const H_SYNC = 32;
const V_FRONT = 3;
const V_BACK_MIN = 6;
const V_BLANK_MIN_US = 460;
const CLOCK_STEP_HZ = 250_000;
const H_SYNC_POSITIVE = 1;
const V_SYNC_NEGATIVE = 8;

/** Lines of vertical sync tell a receiver the aspect ratio. */
const V_SYNC: readonly (readonly [lines: number, across: number, down: number])[] = [
  [4, 4, 3],
  [5, 16, 9],
  [6, 16, 10],
  [7, 5, 4],
  [7, 15, 9],
];
const V_SYNC_OTHER = 10;

/** The mode for a size that a virtual display is asked for, in CVT's reduced blanking at 60 Hz. */
export function reducedBlanking(width: number, height: number): Timing {
  const vSync = V_SYNC.find(([, across, down]) => Math.floor((height * across) / down) === width)?.[0] ?? V_SYNC_OTHER;
  const linePeriodUs = (1_000_000 / REFRESH_HZ - V_BLANK_MIN_US) / height;
  const vBlank = Math.max(Math.floor(V_BLANK_MIN_US / linePeriodUs) + 1, V_FRONT + vSync + V_BACK_MIN);
  const hTotal = width + H_BLANK;
  const vTotal = height + vBlank;
  return {
    width,
    height,
    dot_clock: Math.floor((hTotal * vTotal * REFRESH_HZ) / CLOCK_STEP_HZ) * CLOCK_STEP_HZ,
    h_sync_start: width + H_FRONT,
    h_sync_end: width + H_FRONT + H_SYNC,
    h_total: hTotal,
    h_skew: 0,
    v_sync_start: height + V_FRONT,
    v_sync_end: height + V_FRONT + vSync,
    v_total: vTotal,
    modeflags: H_SYNC_POSITIVE | V_SYNC_NEGATIVE,
  };
}
