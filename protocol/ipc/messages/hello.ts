import { flag, integer, list, maybe, type Read, record, text, word } from '#shared/schema/record.ts';
import { notification } from '../definition.ts';

/** Version of the link that this build speaks, and the oldest it still understands. */
export const LINK_VERSION = 1;
export const OLDEST_LINK_VERSION = 1;

const version = integer(0, 0xffff);
const build = text(64);
/** Names of what a side can do here; unknown ones are another release's. */
const features = list(text(32), 32);
/** How one feature is served here: by what, or why not. For people only, nothing is decided by it. */
export const featureWay = record({ feature: text(32), by: maybe(text(64)), why: maybe(text(200)) });
export type FeatureWay = Read<typeof featureWay>;
export const MAX_WAYS = 32;

/** What a session agent can do in its session; the system agent offers hosts nothing else. */
export const SESSION_FEATURES = [
  'clipboard.text',
  'monitors',
  'pointer.layout',
  'screen-lock',
  'log-off',
  'notices',
  'clipboard.images',
  'files',
  'effects',
  'monitors.follow',
  'pointer.put',
  'audio',
  'clipboard.polled',
] as const;
export type SessionFeature = (typeof SESSION_FEATURES)[number];

/** The first frame of the session agent. */
export const helloFromSession = notification({
  name: 'hello',
  direction: 'to-system',
  body: record({
    oldest: version,
    newest: version,
    build,
    display: word('x11', 'wayland', 'none'),
    features,
    /** Agents of before this was added do not say it. */
    ways: maybe(list(featureWay, MAX_WAYS)),
    /** Chooses among the sessions of the sender's own user, where the kernel leaves that open; never believed otherwise. */
    session: maybe(text(64)),
  }),
});

/** The answer: the version in force. A connection that is refused is closed without it. */
export const helloFromSystem = notification({
  name: 'hello',
  direction: 'to-session',
  body: record({ version, build, session: text(64) }),
});

/** What the session may use now (D10). Sent after the hello and at each change; at first everything is false. */
export const sessionRights = notification({
  name: 'session.rights',
  direction: 'to-session',
  body: record({
    /** It is the served session: monitors and pointer layout count. */
    served: flag,
    clipboard: flag,
    files: flag,
  }),
});

export type HelloFromSession = Read<typeof helloFromSession.body>;
export type HelloFromSystem = Read<typeof helloFromSystem.body>;
export type SessionRights = Read<typeof sessionRights.body>;
