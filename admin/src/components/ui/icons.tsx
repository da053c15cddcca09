/** Line icons in one weight; decorative, so the text or label beside them says what they mean. */
function Icon(props: { children: React.ReactNode; size?: number }) {
  const { size = 16 } = props;
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      {props.children}
    </svg>
  );
}

export const StationIcon = () => (
  <Icon>
    <rect x="3" y="2.5" width="14" height="15" rx="2" />
    <path d="M10 2.5v15M3 7.5h14M3 12.5h14" />
  </Icon>
);
export const OrderIcon = () => (
  <Icon>
    <path d="M4 7h11l-3-3M16 13H5l3 3" />
  </Icon>
);
export const BatteryIcon = () => (
  <Icon>
    <rect x="4.5" y="4.5" width="11" height="13" rx="2" />
    <path d="M8 4.5v-2h4v2M10.8 7.8 8 11.4h4l-2.8 3.4" />
  </Icon>
);
export const MenuIcon = () => (
  <Icon size={20}>
    <path d="M3 5.5h14M3 10h14M3 14.5h14" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon size={20}>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
export const LockIcon = () => (
  <Icon size={13}>
    <rect x="4.5" y="9" width="11" height="8" rx="1.5" />
    <path d="M7 9V6.5a3 3 0 0 1 6 0V9" />
  </Icon>
);
export const UnlockIcon = () => (
  <Icon size={13}>
    <rect x="4.5" y="9" width="11" height="8" rx="1.5" />
    <path d="M7 9V5.5a3 3 0 0 1 5.8-1" />
  </Icon>
);
export const DoorOpenIcon = () => (
  <Icon size={14}>
    <path d="M4 17.5v-15h12v15M4 17.5l7-2V4.5l-7-2M8.5 10v1" />
  </Icon>
);
export const BoltIcon = () => (
  <Icon size={13}>
    <path d="M11.5 2 5 11.5h4.5L8.5 18 15 8.5h-4.5z" fill="currentColor" />
  </Icon>
);
export const AlertIcon = () => (
  <Icon size={14}>
    <path d="M10 3 2 17h16zM10 8v4M10 14.5v.1" />
  </Icon>
);
export const RefreshIcon = () => (
  <Icon>
    <path d="M16.5 10a6.5 6.5 0 1 1-2-4.7M16.5 2.5v3.3h-3.3" />
  </Icon>
);
export const PowerIcon = () => (
  <Icon>
    <path d="M10 2.5v7M5.5 5.3a6.5 6.5 0 1 0 9 0" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon size={13}>
    <path d="m4 10.5 4 4 8-9" />
  </Icon>
);
export const HomeIcon = () => (
  <Icon>
    <path d="M3 9.5 10 3l7 6.5M5 8.5V17h10V8.5M8.5 17v-4.5h3V17" />
  </Icon>
);
export const AlarmIcon = () => (
  <Icon>
    <path d="M10 3 2 17h16zM10 8v4M10 14.5v.1" />
  </Icon>
);
export const UserIcon = () => (
  <Icon>
    <circle cx="10" cy="6.5" r="3.2" />
    <path d="M3.5 17c.6-3.4 3.2-5 6.5-5s5.9 1.6 6.5 5" />
  </Icon>
);
export const VehicleIcon = () => (
  <Icon>
    <circle cx="5" cy="14" r="2.7" />
    <circle cx="15" cy="14" r="2.7" />
    <path d="M5 14h6l3-8h-3M8 9.500H4.500M14.7 11 13.5 8" />
  </Icon>
);
export const PlanIcon = () => (
  <Icon>
    <path d="M3 9.500V3h6.500l7.5 7.5-6.5 6.500zM6.5 6.500v.1" />
  </Icon>
);
export const MoneyIcon = () => (
  <Icon>
    <path d="m5.5 3 4.5 6.500L14.5 3M10 9.500V17M6 10h8M6 13.200h8" />
  </Icon>
);
export const TaskIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 6v4.200l2.8 1.8" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="9" cy="9" r="5.5" />
    <path d="m13.2 13.2 3.8 3.8" />
  </Icon>
);
export const AuditIcon = () => (
  <Icon>
    <path d="M5 2.5h10v15H5zM7.5 6.5h5M7.5 10h5M7.5 13.5h3" />
  </Icon>
);
export const ChartIcon = () => (
  <Icon>
    <path d="M3 3v14h14M6.5 13l3-4 3 2.5L16.5 6" />
  </Icon>
);
export const GearIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="2.6" />
    <path d="M10 2.5v2.2M10 15.3v2.2M2.5 10h2.2M15.3 10h2.2M4.7 4.7l1.6 1.6M13.7 13.7l1.6 1.6M4.7 15.3l1.6-1.6M13.7 6.3l1.6-1.6" />
  </Icon>
);
export const PlugIcon = () => (
  <Icon>
    <path d="M7 2.5V7M13 2.5V7M5 7h10v2.5a5 5 0 0 1-10 0ZM10 14.5v3" />
  </Icon>
);
export const WrenchIcon = () => (
  <Icon>
    <path d="M12.2 7.8 4.5 15.5M17 6.2 14.4 8.8l-3.2-3.2L13.8 3a4.2 4.2 0 0 0-5.3 5.4l-5.3 5.3a1.9 1.9 0 0 0 2.9 2.9l5.4-5.3A4.2 4.2 0 0 0 17 6.2Z" />
  </Icon>
);
export const LogIcon = () => (
  <Icon>
    <rect x="2.5" y="3.5" width="15" height="13" rx="2" />
    <path d="m5.5 8 2.5 2-2.5 2M10 12.5h4" />
  </Icon>
);
