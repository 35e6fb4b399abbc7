import { type Check, ok, unknown, warn } from '../finding.ts';

/** By what is each feature of a desktop served, or why not? */
export const features: Check = {
  name: 'features',
  decide({ agent }) {
    if (!agent.known) return [unknown('what desktops can do only the agent knows', 'start the agent')];
    return agent.value.status.agents.flatMap(({ session, display, ways }) => {
      if (ways.length === 0) {
        const text = `session ${session} (${display}) does not say how it serves`;
        return [warn(text, 'its agent is of an older release: log out and in to renew it')];
      }
      return ways.map(({ feature, by, why }) =>
        by === undefined
          ? warn(`session ${session}: no ${feature}: ${why}`, 'use an X11 session if you need it')
          : ok(`session ${session}: ${feature} by ${by}`),
      );
    });
  },
};
