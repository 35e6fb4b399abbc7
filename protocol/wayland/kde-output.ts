import { creates, type Interface } from './interface.ts';

/** Displays as KWin tells and changes them: kde-output-device-v2.xml and kde-output-management-v2.xml. */
export const kdeOutputMode = {
  name: 'kde_output_device_mode_v2',
  version: 21,
  requests: {},
  events: {
    size: { args: { width: 'int', height: 'int' } },
    refresh: { args: { refresh: 'int' } },
    preferred: { args: {} },
    removed: { args: {} },
    flags: { args: { flags: 'uint' }, since: 19 },
  },
} as const satisfies Interface;

export const kdeOutputDevice = {
  name: 'kde_output_device_v2',
  version: 21,
  requests: { release: { args: {}, since: 21, destructor: true } },
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
    high_dynamic_range: { args: { hdr_enabled: 'uint' }, since: 3 },
    sdr_brightness: { args: { sdr_brightness: 'uint' }, since: 3 },
    wide_color_gamut: { args: { wcg_enabled: 'uint' }, since: 3 },
    auto_rotate_policy: { args: { policy: 'uint' }, since: 4 },
    icc_profile_path: { args: { profile_path: 'string' }, since: 5 },
    brightness_metadata: {
      args: { max_peak_brightness: 'uint', max_frame_average_brightness: 'uint', min_brightness: 'uint' },
      since: 6,
    },
    brightness_overrides: {
      args: { max_peak_brightness: 'int', max_average_brightness: 'int', min_brightness: 'int' },
      since: 6,
    },
    sdr_gamut_wideness: { args: { gamut_wideness: 'uint' }, since: 6 },
    color_profile_source: { args: { source: 'uint' }, since: 7 },
    brightness: { args: { brightness: 'uint' }, since: 8 },
    color_power_tradeoff: { args: { preference: 'uint' }, since: 10 },
    dimming: { args: { multiplier: 'uint' }, since: 11 },
    replication_source: { args: { source: 'string' }, since: 13 },
    ddc_ci_allowed: { args: { allowed: 'uint' }, since: 14 },
    max_bits_per_color: { args: { max_bpc: 'uint' }, since: 15 },
    max_bits_per_color_range: { args: { min_value: 'uint', max_value: 'uint' }, since: 15 },
    automatic_max_bits_per_color_limit: { args: { max_bpc_limit: 'uint' }, since: 15 },
    edr_policy: { args: { policy: 'uint' }, since: 16 },
    sharpness: { args: { sharpness: 'uint' }, since: 17 },
    priority: { args: { priority: 'uint' }, since: 18 },
    auto_brightness: { args: { enabled: 'uint' }, since: 20 },
    /** It is not connected any more; of one that is a global, the global goes. */
    removed: { args: {}, since: 21 },
  },
} as const satisfies Interface;

/** From Plasma 6.7 on devices are no globals: this is one, and tells of them. Bound in an older version it is an error. */
export const kdeOutputDeviceRegistry = {
  name: 'kde_output_device_registry_v2',
  version: 21,
  requests: { stop: { args: {}, since: 21 } },
  events: {
    finished: { args: {}, since: 21, destructor: true },
    output: { args: { output: creates(kdeOutputDevice) }, since: 21 },
  },
} as const satisfies Interface;

export const kdeConfiguration = {
  name: 'kde_output_configuration_v2',
  version: 12,
  requests: {
    enable: { args: { outputdevice: 'object', enable: 'int' } },
    mode: { args: { outputdevice: 'object', mode: 'object' } },
    transform: { args: { outputdevice: 'object', transform: 'int' } },
    position: { args: { outputdevice: 'object', x: 'int', y: 'int' } },
    scale: { args: { outputdevice: 'object', scale: 'fixed' } },
    apply: { args: {} },
    destroy: { args: {}, destructor: true },
  },
  events: {
    applied: { args: {} },
    failed: { args: {} },
    /** Comes before `failed`. */
    failure_reason: { args: { reason: 'string' }, since: 12 },
  },
} as const satisfies Interface;

export const kdeOutputManagement = {
  name: 'kde_output_management_v2',
  version: 12,
  requests: { create_configuration: { args: { id: creates(kdeConfiguration) } } },
  events: {},
} as const satisfies Interface;
