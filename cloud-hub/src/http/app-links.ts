/** The phone apps that may open links of this host; empty = none. */
export type AppLinks = Readonly<{
  /** `<team>.<bundle id>` */
  ios: readonly string[];
  android: readonly Readonly<{ package: string; sha256: string }>[];
}>;

/** Paths that phones hand to the app: what is printed on cabinets, and pages of the app itself. */
const LINKED_PATHS = ['/s/*', '/app/*'];
const IOS_ID = /^[A-Z0-9]{10}\.[A-Za-z0-9][A-Za-z0-9.-]{1,150}$/;
const ANDROID_ID =
  /^([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+)=((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$/;

export const isIosAppId = (text: string): boolean => IOS_ID.test(text);

/** `org.voltbay.rider=14:6D:…` (SHA-256 of the signing certificate) apart; null for anything else. */
export function androidAppOf(text: string): AppLinks['android'][number] | null {
  const [, name, sha256] = ANDROID_ID.exec(text) ?? [];
  return name && sha256 ? { package: name, sha256: sha256.toUpperCase() } : null;
}

/** `/.well-known/apple-app-site-association`. Source: Apple, "Supporting associated domains". */
export const appleAssociation = (ios: AppLinks['ios']) => ({
  applinks: { details: [{ appIDs: ios, components: LINKED_PATHS.map((path) => ({ '/': path })) }] },
});

/** `/.well-known/assetlinks.json`. Source: Google, Digital Asset Links specification. */
export const assetLinks = (android: AppLinks['android']) =>
  [...new Set(android.map((app) => app.package))].map((name) => ({
    relation: ['delegate_permission/common.handle_all_urls'],
    target: {
      namespace: 'android_app',
      package_name: name,
      sha256_cert_fingerprints: android.filter((app) => app.package === name).map(({ sha256 }) => sha256),
    },
  }));
