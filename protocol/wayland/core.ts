import { creates, type Interface } from './interface.ts';

/** The part of the core protocol (wayland.xml) that is used. */
export const wlCallback = {
  name: 'wl_callback',
  version: 1,
  requests: {},
  events: { done: { args: { callback_data: 'uint' }, destructor: true } },
} as const satisfies Interface;

export const wlRegistry = {
  name: 'wl_registry',
  version: 1,
  // Its new object has an interface of the client's choice, which goes before its id.
  requests: { bind: { args: { name: 'uint', interface: 'string', version: 'uint', id: 'uint' } } },
  events: {
    global: { args: { name: 'uint', interface: 'string', version: 'uint' } },
    global_remove: { args: { name: 'uint' } },
  },
} as const satisfies Interface;

export const wlDisplay = {
  name: 'wl_display',
  version: 1,
  requests: {
    sync: { args: { callback: creates(wlCallback) } },
    get_registry: { args: { registry: creates(wlRegistry) } },
  },
  events: {
    error: { args: { object_id: 'object?', code: 'uint', message: 'string' } },
    delete_id: { args: { id: 'uint' } },
  },
} as const satisfies Interface;

export const wlSeat = {
  name: 'wl_seat',
  version: 2,
  // get_pointer, get_keyboard and get_touch are not here: they would come before what is used, and nothing is.
  requests: {},
  events: { capabilities: { args: { capabilities: 'uint' } }, name: { args: { name: 'string' }, since: 2 } },
} as const satisfies Interface;

export const wlOutput = {
  name: 'wl_output',
  version: 4,
  requests: { release: { args: {}, since: 3, destructor: true } },
  events: {
    geometry: {
      args: {
        x: 'int',
        y: 'int',
        physical_width: 'int',
        physical_height: 'int',
        subpixel: 'int',
        make: 'string',
        model: 'string',
        transform: 'int',
      },
    },
    mode: { args: { flags: 'uint', width: 'int', height: 'int', refresh: 'int' } },
    done: { args: {}, since: 2 },
    scale: { args: { factor: 'int' }, since: 2 },
    name: { args: { name: 'string' }, since: 4 },
    description: { args: { description: 'string' }, since: 4 },
  },
} as const satisfies Interface;
