import { creates, type Interface } from './interface.ts';

/** Displays as compositors made of wlroots, and some others, tell and change them: wlr-output-management-unstable-v1.xml. */
export const wlrOutputMode = {
  name: 'zwlr_output_mode_v1',
  version: 3,
  requests: { release: { args: {}, since: 3, destructor: true } },
  events: {
    size: { args: { width: 'int', height: 'int' } },
    refresh: { args: { refresh: 'int' } },
    preferred: { args: {} },
    finished: { args: {} },
  },
} as const satisfies Interface;

export const wlrOutputHead = {
  name: 'zwlr_output_head_v1',
  version: 3,
  requests: { release: { args: {}, since: 3, destructor: true } },
  events: {
    name: { args: { name: 'string' } },
    description: { args: { description: 'string' } },
    physical_size: { args: { width: 'int', height: 'int' } },
    mode: { args: { mode: creates(wlrOutputMode) } },
    enabled: { args: { enabled: 'int' } },
    current_mode: { args: { mode: 'object' } },
    position: { args: { x: 'int', y: 'int' } },
    transform: { args: { transform: 'int' } },
    scale: { args: { scale: 'fixed' } },
    finished: { args: {} },
    make: { args: { make: 'string' }, since: 2 },
    model: { args: { model: 'string' }, since: 2 },
    serial_number: { args: { serial_number: 'string' }, since: 2 },
  },
} as const satisfies Interface;

export const wlrConfigurationHead = {
  name: 'zwlr_output_configuration_head_v1',
  version: 3,
  requests: {
    set_mode: { args: { mode: 'object' } },
    set_custom_mode: { args: { width: 'int', height: 'int', refresh: 'int' } },
    set_position: { args: { x: 'int', y: 'int' } },
  },
  events: {},
} as const satisfies Interface;

export const wlrConfiguration = {
  name: 'zwlr_output_configuration_v1',
  version: 3,
  requests: {
    enable_head: { args: { id: creates(wlrConfigurationHead), head: 'object' } },
    disable_head: { args: { head: 'object' } },
    apply: { args: {} },
    test: { args: {} },
    destroy: { args: {}, destructor: true },
  },
  events: { succeeded: { args: {} }, failed: { args: {} }, cancelled: { args: {} } },
} as const satisfies Interface;

export const wlrOutputManager = {
  name: 'zwlr_output_manager_v1',
  version: 3,
  requests: {
    create_configuration: { args: { id: creates(wlrConfiguration), serial: 'uint' } },
    stop: { args: {} },
  },
  events: {
    head: { args: { head: creates(wlrOutputHead) } },
    done: { args: { serial: 'uint' } },
    finished: { args: {} },
  },
} as const satisfies Interface;
