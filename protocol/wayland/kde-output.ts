import { creates, type Interface } from './interface.ts';

/** Displays as KWin tells and changes them: kde-output-device-v2.xml and kde-output-management-v2.xml. */
export const kdeOutputMode = {
  name: 'kde_output_device_mode_v2',
  version: 1,
  requests: {},
  events: {
    size: { args: { width: 'int', height: 'int' } },
    refresh: { args: { refresh: 'int' } },
    preferred: { args: {} },
    removed: { args: {} },
  },
} as const satisfies Interface;

export const kdeOutputDevice = {
  name: 'kde_output_device_v2',
  version: 2,
  requests: {},
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
    current_mode: { args: { mode: 'object' } },
    mode: { args: { mode: creates(kdeOutputMode) } },
    done: { args: {} },
    scale: { args: { factor: 'fixed' } },
    edid: { args: { raw: 'string' } },
    enabled: { args: { enabled: 'int' } },
    uuid: { args: { uuid: 'string' } },
    serial_number: { args: { serial_number: 'string' } },
    eisa_id: { args: { eisa_id: 'string' } },
    capabilities: { args: { flags: 'uint' } },
    overscan: { args: { overscan: 'uint' } },
    vrr_policy: { args: { vrr_policy: 'uint' } },
    rgb_range: { args: { rgb_range: 'uint' } },
    name: { args: { name: 'string' }, since: 2 },
  },
} as const satisfies Interface;

export const kdeConfiguration = {
  name: 'kde_output_configuration_v2',
  version: 2,
  requests: {
    enable: { args: { outputdevice: 'object', enable: 'int' } },
    mode: { args: { outputdevice: 'object', mode: 'object' } },
    transform: { args: { outputdevice: 'object', transform: 'int' } },
    position: { args: { outputdevice: 'object', x: 'int', y: 'int' } },
    scale: { args: { outputdevice: 'object', scale: 'fixed' } },
    apply: { args: {} },
    destroy: { args: {}, destructor: true },
  },
  events: { applied: { args: {} }, failed: { args: {} } },
} as const satisfies Interface;

export const kdeOutputManagement = {
  name: 'kde_output_management_v2',
  version: 2,
  requests: { create_configuration: { args: { id: creates(kdeConfiguration) } } },
  events: {},
} as const satisfies Interface;
