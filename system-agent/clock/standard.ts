/** Where a system writes down its zone. */
export interface ZoneSources {
  /** TZ of the environment, which overrides the rest. */
  readonly variable: string | undefined;
  /** What the link /etc/localtime says; empty if it is a file, undefined if it is missing: the system is on UTC. */
  readonly link: string | undefined;
  /** Text of /etc/timezone. */
  readonly file: string | undefined;
}

/** @returns name in the zone database, however many parts it has; empty if there is none to be found */
export function zoneName({ variable, link, file }: ZoneSources): string {
  if (variable !== undefined) return nameIn(variable.replace(/^:/, '') || 'UTC');
  if (link === undefined) return 'UTC';
  return (link.includes('zoneinfo/') && nameIn(link)) || nameIn(file?.split('\n')[0]?.trim() ?? '');
}

const FOLDER = /^.*zoneinfo\/(?:posix\/|right\/)?/;
/** A rule of tzset(3), `CET-1CEST`, has no name; `Etc/GMT-1` has. */
const NAME = /^(?:[A-Za-z_-]+|[A-Z]+\d[A-Z]+|GMT[+-]?0|[A-Za-z]+(?:\/[A-Za-z0-9_+-]+)+)$/;

function nameIn(text: string): string {
  const name = text.replace(FOLDER, '');
  return NAME.test(name) ? name : '';
}

/**
 * The offset without daylight saving, as Windows and oVirt understand it: the smaller of those in force on the coming
 * 1 January and 1 July. The C library's flag will not do: Ireland's law makes summer the standard.
 */
export function standardOffset(now: bigint, offsetAt: (seconds: bigint) => number): number {
  const year = new Date(Number(now) * 1000).getUTCFullYear();
  const coming = [0, 6].map((month) => {
    const thisYear = BigInt(Date.UTC(year, month) / 1000);
    return thisYear > now ? thisYear : BigInt(Date.UTC(year + 1, month) / 1000);
  });
  return Math.min(...coming.map(offsetAt));
}
