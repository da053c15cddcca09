/** Accounts that a hub started with `--demo` has. They exist on demo networks only. */
export const DEMO = {
  operator: { username: 'admin', password: 'voltbay-demo' },
  viewer: { username: 'viewer', password: 'voltbay-demo' },
  rider: { phone: '13800000001', code: '246810' },
  vehicleId: 'v-demo',
} as const;
