import {
  AlarmIcon,
  AuditIcon,
  BatteryIcon,
  HomeIcon,
  MoneyIcon,
  OrderIcon,
  PlanIcon,
  StationIcon,
  TaskIcon,
  UserIcon,
  VehicleIcon,
} from '../../components/ui/icons.js';
import type { MessageKey } from '../../lib/i18n/create-i18n.js';

/** Pages of the side bar; a page whose permission is missing is not shown. */
export const NAV = [
  { to: '/', label: 'nav.home', permission: null, icon: HomeIcon },
  { to: '/stations', label: 'nav.stations', permission: 'stations:read', icon: StationIcon },
  { to: '/orders', label: 'nav.orders', permission: 'orders:read', icon: OrderIcon },
  { to: '/batteries', label: 'nav.batteries', permission: 'batteries:read', icon: BatteryIcon },
  { to: '/alarms', label: 'nav.alarms', permission: 'alarms:read', icon: AlarmIcon },
  { to: '/users', label: 'nav.users', permission: 'users:read', icon: UserIcon },
  { to: '/vehicles', label: 'nav.vehicles', permission: 'vehicles:read', icon: VehicleIcon },
  { to: '/plans', label: 'nav.plans', permission: 'plans:read', icon: PlanIcon },
  { to: '/finance', label: 'nav.finance', permission: 'finance:manage', icon: MoneyIcon },
  { to: '/tasks', label: 'nav.tasks', permission: 'tasks:read', icon: TaskIcon },
  { to: '/audit', label: 'nav.audit', permission: 'audit:read', icon: AuditIcon },
] as const satisfies readonly {
  to: string;
  label: MessageKey;
  permission: string | null;
  icon: () => React.ReactNode;
}[];
