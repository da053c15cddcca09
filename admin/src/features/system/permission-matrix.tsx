import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './permission-matrix.module.css';

export type Role = { name: string; audience: string; grants: Record<string, 'tenant' | 'own' | 'station'> };

/** Permissions by area, one row each; a column for every role. */
export function PermissionMatrix(props: {
  permissions: readonly string[];
  roles: readonly Role[];
  /** The routes that a permission opens, said where the pointer rests on it. */
  opens: ReadonlyMap<string, readonly { method: string; path: string; summary: string }[]>;
}) {
  const t = useT();
  const areas = new Map<string, string[]>();
  for (const permission of props.permissions) {
    const [area = permission] = permission.split(':');
    areas.set(area, [...(areas.get(area) ?? []), permission]);
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached with the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={t('system.roles')}>
      <table className={styles.matrix} data-testid="permission-matrix">
        <thead>
          <tr>
            <th scope="col">{t('role.permission')}</th>
            {props.roles.map((role) => (
              <th key={role.name} scope="col">
                {t.code('role', role.name)}
                <div className="muted">{t.code('audience', role.audience)}</div>
              </th>
            ))}
          </tr>
        </thead>
        {[...areas].map(([area, permissions]) => (
          <tbody key={area}>
            <tr className={styles.area}>
              <th scope="rowgroup" colSpan={props.roles.length + 1}>
                {t.code('area', area)}
              </th>
            </tr>
            {permissions.map((permission) => (
              <tr key={permission}>
                <th
                  scope="row"
                  className="mono"
                  title={props.opens
                    .get(permission)
                    ?.map((route) => route.summary)
                    .join('\n')}
                >
                  {permission}
                </th>
                {props.roles.map((role) => {
                  const reach = role.grants[permission];
                  return (
                    <td key={role.name} data-tone={reach === 'tenant' ? 'ready' : reach ? 'swap' : 'empty'}>
                      {reach ? t(`role.reach.${reach}`) : <span className="muted">–</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}
