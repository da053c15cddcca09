/** Accounts that a hub started with `--demo` has. They exist on demo networks only. */
export const DEMO = {
  operator: { username: 'admin', password: 'voltbay-demo' },
  viewer: { username: 'viewer', password: 'voltbay-demo' },
  rider: { phone: '13800000001', code: '246810' },
  vehicleId: 'v-demo',
  /** Both riders with what they bring on the first day. */
  riders: [
    { userId: 'u-demo', phone: '13800000001', code: '246810', vehicleId: 'v-demo', packId: 'VB-A-0900' },
    { userId: 'u-demo2', phone: '13800000002', code: '246810', vehicleId: 'v-demo2', packId: 'VB-A-0901' },
  ],
} as const;
