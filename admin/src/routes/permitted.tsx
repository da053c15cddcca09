import { useLocation } from '@tanstack/react-router';
import { NotPermittedPage } from '../features/shell/fault-pages.js';
import { NAV } from '../features/shell/navigation.js';
import { permits, useMe } from '../lib/permissions.js';
import { ALL_TABS } from './sections.js';

/** Every page that wants a permission, with those of which any opens it; a page below another wants what that one does. */
const WANTED: readonly { path: string; permissions: readonly string[] }[] = [
  ...ALL_TABS.map(({ to, permission }) => ({ path: to, permissions: [permission] })),
  ...NAV.flatMap(({ items }) =>
    items.flatMap(({ to, permissions }) => (permissions ? [{ path: to, permissions }] : [])),
  ),
];

/** Any of these permissions opens the page at a path (`/orders/o-1`); null = everybody. Pure. */
export function wantedAt(path: string): readonly string[] | null {
  const within = WANTED.filter((page) => path === page.path || path.startsWith(`${page.path}/`));
  // A tab says more exactly than the side bar what its own page wants, and stands first.
  const [nearest] = within.sort((a, b) => b.path.length - a.path.length);
  return nearest?.permissions ?? null;
}

/** The page, or that it is not for this person: also by an address that somebody sent. The hub refuses its data in any case. */
export function Permitted(props: { children: React.ReactNode }) {
  const { pathname } = useLocation();
  const { data: me } = useMe();
  const wanted = wantedAt(pathname);
  const refused = me !== undefined && wanted !== null && !wanted.some((one) => permits(me.permissions, one));
  return refused ? <NotPermittedPage /> : props.children;
}
