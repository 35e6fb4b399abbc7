import type { JsonObject } from '#shared/json/value.ts';
import type { PolicyInForce } from './in-force.ts';

/** The policy as each door asks it. No door is known here: what they need of a gate is written down beside them. */
export function gatesOf(policy: PolicyInForce) {
  return {
    qga: ({ name }: { readonly name: string }, args?: JsonObject) => policy.objectionTo('qga', name, args),
    ovirt: (name: string, args?: JsonObject) => policy.objectionTo('ovirt', name, args),
    /** Of oVirt's reports. */
    mayTell: (report: string) => policy.enabled('ovirt', report).allowed,
    vdagent: {
      enabled: (message: string) => policy.enabled('vdagent', message).allowed,
      admits: (message: string) => policy.decide('vdagent', message).allowed,
      onChange: (listener: () => void) => policy.onChange(listener),
    },
  };
}
