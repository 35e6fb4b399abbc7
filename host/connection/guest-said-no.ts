import { AgentError } from '#shared/errors.ts';

/** The guest was asked, understood, and does not do it. Its own words are hostile: escape them for a terminal. */
export class GuestSaidNo extends AgentError {}
