/** One measured quantity, the original program beside ours. */
export interface Row {
  readonly name: string;
  readonly original: number | null;
  readonly ours: number;
  readonly unit: string;
  /** ours / original */
  readonly ratio: number | null;
  /** What the design asks for, as a bound on the ratio or on our figure. */
  readonly target: string;
  readonly met: boolean | null;
}

/** A bound such as "ratio <= 1.0" or "ours <= 120". */
export interface Target {
  readonly of: 'ratio' | 'ours';
  readonly atMost?: number;
  readonly atLeast?: number;
}

export function row(
  name: string,
  unit: string,
  figures: { readonly original: number | null; readonly ours: number },
  target?: Target,
): Row {
  const { original, ours } = figures;
  const ratio = original === null || original === 0 ? null : round(ours / original);
  return {
    name,
    original: original === null ? null : round(original),
    ours: round(ours),
    unit,
    ratio,
    target: target === undefined ? '' : describe(target),
    met: target === undefined ? null : meets(target, target.of === 'ratio' ? ratio : ours),
  };
}

function describe({ of, atMost, atLeast }: Target): string {
  return `${of} ${atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`}`;
}

function meets({ atMost = Infinity, atLeast = -Infinity }: Target, value: number | null): boolean | null {
  return value === null ? null : value <= atMost && value >= atLeast;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

/** Three significant digits, whole numbers whole. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map((one) => [
    one.name,
    one.original === null ? '-' : String(one.original),
    String(one.ours),
    one.unit,
    one.ratio === null ? '-' : String(one.ratio),
    one.target,
    one.met === null ? '' : one.met ? 'met' : 'MISSED',
  ]);
  const all = [['', 'original', 'ours', 'unit', 'ratio', 'target', ''], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
