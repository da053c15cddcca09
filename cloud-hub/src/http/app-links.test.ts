import { expect, test } from 'vitest';
import { androidAppOf, appleAssociation, assetLinks, isIosAppId } from './app-links.js';

const PRINT = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(':');

test('what is no app id or no certificate is not taken', () => {
  expect(isIosAppId('ABCDE12345.org.voltbay.rider')).toBe(true);
  for (const text of ['org.voltbay.rider', 'abcde12345.org.voltbay.rider', 'ABCDE12345.'])
    expect(isIosAppId(text)).toBe(false);
  expect(androidAppOf(`org.voltbay.rider=${PRINT}`)).toEqual({
    package: 'org.voltbay.rider',
    sha256: PRINT.toUpperCase(),
  });
  for (const text of [`voltbay=${PRINT}`, `org.voltbay.rider=${PRINT}:00`, 'org.voltbay.rider', `=${PRINT}`])
    expect(androidAppOf(text)).toBeNull();
});

test('phones are told which links belong to which app; several certificates of one app stand together', () => {
  expect(appleAssociation(['ABCDE12345.org.voltbay.rider'])).toEqual({
    applinks: {
      details: [
        { appIDs: ['ABCDE12345.org.voltbay.rider'], components: [{ '/': '/s/*' }, { '/': '/app/*' }] },
      ],
    },
  });
  const apps = ['org.a.one', 'org.a.one', 'org.a.two'].map((name, index) => ({
    package: name,
    sha256: String(index),
  }));
  expect(assetLinks(apps).map(({ target }) => target)).toMatchObject([
    { namespace: 'android_app', package_name: 'org.a.one', sha256_cert_fingerprints: ['0', '1'] },
    { package_name: 'org.a.two', sha256_cert_fingerprints: ['2'] },
  ]);
});
