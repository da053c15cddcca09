import {
  AlarmIcon,
  AuditIcon,
  BatteryIcon,
  ChartIcon,
  GearIcon,
  HomeIcon,
  LogIcon,
  MoneyIcon,
  OrderIcon,
  PlanIcon,
  PlugIcon,
  StationIcon,
  TaskIcon,
  UserIcon,
  VehicleIcon,
  WrenchIcon,
} from '../../components/ui/icons.js';
import type { MessageKey } from '../../lib/i18n/create-i18n.js';
import type { ListRoute, PlainRoute } from '../../routes/paths.js';
import { ALL_TABS } from '../../routes/sections.js';

type NavItem = {
  to: ListRoute | PlainRoute | '/';
  label: MessageKey;
  /** Any of these opens it; null is open to everybody. */
  permissions: readonly string[] | null;
  icon: () => React.ReactNode;
};
export type NavGroup = { label: MessageKey | null; items: readonly NavItem[] };

/** Pages of the side bar; a page whose permission is missing is not shown. */
export const NAV: readonly NavGroup[] = [
  {
    label: null,
    items: [
      { to: '/', label: 'nav.home', permissions: null, icon: HomeIcon },
      { to: '/analytics', label: 'nav.analytics', permissions: ['analytics:read'], icon: ChartIcon },
    ],
  },
  {
    label: 'nav.group.operate',
    items: [
      { to: '/stations', label: 'nav.stations', permissions: ['stations:read'], icon: StationIcon },
      { to: '/orders', label: 'nav.orders', permissions: ['orders:read'], icon: OrderIcon },
      { to: '/batteries', label: 'nav.batteries', permissions: ['batteries:read'], icon: BatteryIcon },
      { to: '/alarms', label: 'nav.alarms', permissions: ['alarms:read'], icon: AlarmIcon },
      { to: '/work-orders', label: 'nav.workOrders', permissions: ['work-orders:read'], icon: WrenchIcon },
    ],
  },
  {
    label: 'nav.group.customers',
    items: [
      { to: '/users', label: 'nav.users', permissions: ['users:read'], icon: UserIcon },
      { to: '/vehicles', label: 'nav.vehicles', permissions: ['vehicles:read'], icon: VehicleIcon },
    ],
  },
  {
    label: 'nav.group.business',
    items: [
      { to: '/plans', label: 'nav.plans', permissions: ['plans:read'], icon: PlanIcon },
      { to: '/finance', label: 'nav.finance', permissions: ['finance:manage'], icon: MoneyIcon },
    ],
  },
  {
    label: 'nav.group.platform',
    items: [
      { to: '/system', label: 'nav.system', permissions: ['system:read', 'operators:read'], icon: GearIcon },
      {
        to: '/integrations/webhooks',
        label: 'nav.integrations',
        permissions: ['webhooks:read', 'api-keys:read'],
        icon: PlugIcon,
      },
      { to: '/upkeep/logs', label: 'nav.upkeep', permissions: ['logs:read', 'releases:read'], icon: LogIcon },
      { to: '/tasks', label: 'nav.tasks', permissions: ['tasks:read'], icon: TaskIcon },
      { to: '/audit', label: 'nav.audit', permissions: ['audit:read'], icon: AuditIcon },
    ],
  },
];

/** The module's first page that the person may open: not everybody who may see a module may see its first page. */
const entry = (to: NavItem['to'], may: (permission: string) => boolean): NavItem['to'] => {
  const module = `/${to.split('/')[1]}`;
  const inside = ALL_TABS.filter((tab) => tab.to === module || tab.to.startsWith(`${module}/`));
  return (
    (inside.find((tab) => tab.to === to && may(tab.permission)) ?? inside.find((tab) => may(tab.permission)))
      ?.to ?? to
  );
};

/** What the person may open; groups without such a page are left out. */
export const permittedNav = (may: (permission: string) => boolean): NavGroup[] =>
  NAV.map((group) => ({
    ...group,
    items: group.items
      .filter(({ permissions }) => permissions === null || permissions.some(may))
      .map((item) => ({ ...item, to: entry(item.to, may) })),
  })).filter(({ items }) => items.length > 0);
