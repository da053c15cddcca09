import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';

export type TestCertificate = { certPem: string; keyPem: string };
export type TestAuthority = {
  /** The authority's own certificate: who trusts it trusts what it issues. */
  caPem: string;
  /** A server's certificate for one host name or IPv4 address. */
  issue(host: string, validity?: { fromMs: number; toMs: number }): TestCertificate;
};

const DAY_MS = 86_400_000;
/** ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints: the contents of their object identifiers (RFC 5280, RFC 5758). */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALT_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];

/** A certificate authority that nobody knows: fresh keys, X.509 v3 certificates (RFC 5280) as small as TLS takes them. */
export function createTestAuthority(name = 'Test Authority'): TestAuthority {
  const own = keyPair();
  const now = Date.now();
  const valid = { fromMs: now - DAY_MS, toMs: now + DAY_MS };
  const caDer = certificate({
    issuer: name,
    subject: name,
    validity: valid,
    publicKey: own.publicKey,
    extension: sequence(oid(BASIC_CONSTRAINTS), der(0x01, [0xff]), der(0x04, sequence(der(0x01, [0xff])))),
    signedBy: own.privateKey,
  });
  return {
    caPem: pem('CERTIFICATE', caDer),
    issue(host, validity = valid) {
      const { publicKey, privateKey } = keyPair();
      const altName = isIPv4(host) ? der(0x87, host.split('.').map(Number)) : der(0x82, Buffer.from(host));
      const leaf = certificate({
        issuer: name,
        subject: host,
        validity,
        publicKey,
        extension: sequence(oid(ALT_NAME), der(0x04, sequence(altName))),
        signedBy: own.privateKey,
      });
      return {
        certPem: pem('CERTIFICATE', leaf),
        keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function certificate(parts: {
  issuer: string;
  subject: string;
  validity: { fromMs: number; toMs: number };
  publicKey: KeyObject;
  extension: Buffer;
  signedBy: KeyObject;
}): Buffer {
  const { issuer, subject, validity, publicKey, extension, signedBy } = parts;
  const algorithm = sequence(oid(ECDSA_SHA256));
  const content = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [0x01, ...randomBytes(8)]),
    algorithm,
    distinguishedName(issuer),
    sequence(time(validity.fromMs), time(validity.toMs)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = createSign('SHA256').update(content).sign(signedBy);
  return sequence(content, algorithm, der(0x03, [0, ...signature]));
}

const distinguishedName = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));

/** GeneralizedTime: YYYYMMDDHHMMSSZ. */
const time = (ms: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`));

const oid = (contents: readonly number[]): Buffer => der(0x06, contents);
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, Buffer.concat(parts));

/** Tag, length, contents (X.690). */
function der(tag: number, contents: Uint8Array | readonly number[]): Buffer {
  const body = Buffer.from(contents);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
