import { operatorApi, signInRider } from '../../simulators/dist/rider/api.js';
import {
  byId,
  DESK,
  type JourneyContext,
  journey,
  type Language,
  OPERATOR,
  type Report,
  signIn,
  WAIT_MS,
} from './browser.js';
import { RIDER } from './rider-at-cabinet.js';

/** A number whose check digit is right (GB 11643); nobody's. */
const ID_NUMBER = '110101199003078515';
type Named = { id: string };

/** Riders' names, fleets and vehicles, and a form that outlives its session. */
export async function runPeople(context: JourneyContext, report: Report, locale: Language): Promise<void> {
  const { browser, baseUrl } = context;
  const zh = locale === 'zh-CN';
  const short = zh ? 'zh' : 'en';
  const page = await (await browser.newContext({ viewport: DESK, locale })).newPage();
  page.setDefaultTimeout(WAIT_MS);
  await signIn(page, baseUrl, OPERATOR);
  const operator = operatorApi(baseUrl, { username: OPERATOR.name, password: OPERATOR.password });
  const newRider = (name: string, phone: string): Promise<Named> =>
    operator.post<Named>('/core/v0/users', { name, phone });
  const [payer, member] = await Promise.all([
    newRider(`payer-${short}`, zh ? '13911110001' : '13911110002'),
    newRider(`member-${short}`, zh ? '13911110003' : '13911110004'),
  ]);

  await journey(
    report,
    `${short}: a real name is looked at and decided, and the rider reads why`,
    async () => {
      const rider = await signInRider(baseUrl, RIDER);
      await rider.post('/core/v0/me/real-name', { name: '王示范', number: ID_NUMBER });
      await page.goto(
        `${baseUrl}/admin/users/real-names?filter=${encodeURIComponent('{"state":"pending"}')}`,
      );
      await page.getByText('u-demo2', { exact: true }).waitFor();
      if ((await page.getByText(ID_NUMBER).count()) > 0) throw new Error('the whole number is shown');
      await page.click(byId(zh ? 'reject-real-name' : 'verify-real-name'));
      if (zh) await page.locator('.ant-modal textarea').fill('证件照片不清晰');
      await page.click(byId('confirm'));
      await page.waitForSelector(byId('confirm'), { state: 'detached' });
      await page.goto(`${baseUrl}/admin/users/u-demo2`);
      await page.getByText(zh ? '未通过' : 'Verified').waitFor();
      const [said] = await rider.get<{ state: string; reason: string | null }[]>('/core/v0/real-names');
      if (said?.state !== (zh ? 'rejected' : 'verified')) throw new Error(`the rider reads ${said?.state}`);
      if (zh && said.reason !== '证件照片不清晰') throw new Error(`the rider reads ${said.reason}`);
    },
  );
  await journey(report, `${short}: a fleet is made, a rider taken in with a limit, and let go`, async () => {
    await page.goto(`${baseUrl}/admin/users/fleets`);
    await page.click(byId('create-fleet'));
    await page.fill(byId('field-name'), `fleet-${short}`);
    await page.fill(byId('field-payerUserId'), payer.id);
    await page.click(byId('confirm'));
    await page.getByRole('link', { name: `fleet-${short}` }).click();
    await page.click(byId('add-member'));
    await page.fill(byId('field-userId'), member.id);
    await page.fill(byId('field-dayLimitFen'), '30');
    await page.click(byId('confirm'));
    await page.getByRole('link', { name: member.id }).waitFor();
    await page.getByRole('cell', { name: /30\.00/ }).waitFor();
    await page.click(byId('remove-member'));
    await page.click(byId('confirm'));
    await page.getByRole('link', { name: member.id }).waitFor({ state: 'detached' });
  });
  await journey(report, `${short}: a vehicle is put on record, handed on and unbound`, async () => {
    const plate = zh ? '京B·E0001' : '京B·E0002';
    await page.goto(`${baseUrl}/admin/vehicles`);
    await page.click(byId('create-vehicle'));
    await page.fill(byId('field-plate'), plate);
    await page.fill(byId('field-packClass'), 'A');
    await page.fill(byId('field-ownerUserId'), payer.id);
    await page.click(byId('confirm'));
    await page.getByRole('link', { name: plate }).click();
    await page.click(byId('transfer-vehicle'));
    await page.fill(byId('field-toUserId'), member.id);
    await page.click(byId('confirm'));
    await page.waitForSelector(byId('confirm'), { state: 'detached' });
    const owner = page.locator('dd', { hasText: member.id });
    await owner.waitFor();
    await page.click(byId('unbind-vehicle'));
    await page.click(byId('confirm'));
    await owner.waitFor({ state: 'detached' });
    await page.locator('tbody tr', { hasText: payer.id }).waitFor();
  });
  await journey(
    report,
    `${short}: a form keeps what was typed while the session is renewed over it`,
    async () => {
      await page.goto(`${baseUrl}/admin/users`);
      await page.click(byId('create-user'));
      const name = `kept-${short}`;
      await page.fill(byId('field-name'), name);
      await page.fill(byId('field-phone'), zh ? '13911110005' : '13911110006');
      // The hub takes the session no more, neither its token nor its renewal.
      await page.route('**/core/v0/users', (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer gone' } }),
      );
      await page.evaluate(() =>
        localStorage.setItem(
          'voltbay.session',
          JSON.stringify({ accessToken: 'gone', accessExpiresAtMs: 0, refreshToken: 'gone' }),
        ),
      );
      await page.click(byId('confirm'));
      await page
        .getByText(zh ? '登录已过期' : 'Your session has expired')
        .first()
        .waitFor();
      await page.unroute('**/core/v0/users');
      await page.fill('input[autocomplete="username"]', OPERATOR.name);
      await page.fill('input[autocomplete="current-password"]', OPERATOR.password);
      await page.click('form button[type="submit"]');
      await page.waitForSelector('input[autocomplete="username"]', { state: 'detached' });
      if ((await page.inputValue(byId('field-name'))) !== name) throw new Error('the form was emptied');
      await page.click(byId('confirm'));
      await page.waitForSelector(byId('confirm'), { state: 'detached' });
      await page.getByRole('link', { name }).waitFor();
    },
  );
  await page.context().close();
}
