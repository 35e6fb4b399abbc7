import { record, type Shape } from '#shared/schema/record.ts';

/** Who may send a message: from the session's agent to the system's, the other way, or both. */
export type Direction = 'to-session' | 'to-system' | 'both';

/** A message of the session link: its name on the wire, who may send it, what it carries. */
export interface Notification<Body> {
  readonly kind: 'notification';
  readonly name: string;
  readonly direction: Direction;
  readonly body: Shape<Body>;
}

/** A message that is answered, by a result or an error. */
export interface Request<Body, Result> {
  readonly kind: 'request';
  readonly name: string;
  readonly direction: Direction;
  readonly body: Shape<Body>;
  readonly result: Shape<Result>;
}

type Without<T> = Omit<T, 'kind'>;

export const notification = <Body>(spec: Without<Notification<Body>>): Notification<Body> => ({
  kind: 'notification',
  ...spec,
});

export const request = <Body, Result>(spec: Without<Request<Body, Result>>): Request<Body, Result> => ({
  kind: 'request',
  ...spec,
});

/** For messages without members. */
export const nothing: Shape<Record<string, never>> = record({});
