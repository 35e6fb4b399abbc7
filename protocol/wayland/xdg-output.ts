import { creates, type Interface } from './interface.ts';

/** Where outputs are in the compositor's own units: xdg-output-unstable-v1.xml. */
export const xdgOutput = {
  name: 'zxdg_output_v1',
  version: 3,
  requests: { destroy: { args: {}, destructor: true } },
  events: {
    logical_position: { args: { x: 'int', y: 'int' } },
    logical_size: { args: { width: 'int', height: 'int' } },
    done: { args: {} },
    name: { args: { name: 'string' }, since: 2 },
    description: { args: { description: 'string' }, since: 2 },
  },
} as const satisfies Interface;

export const xdgOutputManager = {
  name: 'zxdg_output_manager_v1',
  version: 3,
  requests: {
    destroy: { args: {}, destructor: true },
    get_xdg_output: { args: { id: creates(xdgOutput), output: 'object' } },
  },
  events: {},
} as const satisfies Interface;
