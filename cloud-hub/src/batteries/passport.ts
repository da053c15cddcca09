import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { BatteryDocument, CustodyEventDocument } from './battery-documents.js';
import type { BatteryModelDocument } from './battery-models.js';
import type { PackHealth } from './pack-health.js';

export const PASSPORT_SECTIONS = [
  'identity',
  'conformity',
  'carbon-footprint',
  'supply-chain',
  'materials',
  'circularity',
  'performance',
  'history',
] as const;
const passportFieldSchema = z.object({
  section: z.enum(PASSPORT_SECTIONS),
  /** Name of the data attribute, English as in DIN DKE SPEC 99100, and Chinese. */
  name: z.string(),
  nameZh: z.string(),
  /** Where Regulation (EU) 2023/1542 asks for it. */
  basis: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).nullable(),
  unit: z.string().nullable(),
  /** Who says so. */
  source: z.enum(['register', 'model', 'pack', 'readings', 'custody']).nullable(),
  /** Why there is no value; null when there is one. */
  gap: z.string().nullable(),
});
export const passportSchema = z.object({
  format: z.literal('voltbay-battery-passport/1'),
  /** Structure and names follow these; a passport of the Regulation also needs the maker's own registration. */
  standards: z.array(z.string()),
  packId: z.string(),
  madeAt: isoTimeSchema,
  fields: z.array(passportFieldSchema),
  complete: z.number().int(),
  gaps: z.number().int(),
});
export type Passport = z.infer<typeof passportSchema>;
type Field = Passport['fields'][number];
type Source = NonNullable<Field['source']>;

const NO_MODEL = 'the model has no sheet, or the sheet does not say: fill in /core/v0/battery-models';
const NOT_READ = 'no reading of this pack has carried it';
const NOT_KNOWN = 'not recorded by a swap network';

/** The passport of one pack: every attribute in the order of the standard, with its gaps marked. Pure. */
export function passportOf(facts: {
  battery: BatteryDocument;
  model: BatteryModelDocument | null;
  health: PackHealth;
  /** Newest first. */
  custody: readonly CustodyEventDocument[];
  madeAt: string;
}): Passport {
  const { battery, model, health, custody } = facts;
  const reading = battery.lastReading;
  const fields: Field[] = [];
  const add = (
    section: Field['section'],
    [name, nameZh]: [string, string],
    basis: string,
    value: Field['value'] | undefined,
    source: Source,
    more: { unit?: string; gap?: string } = {},
  ) => {
    const known =
      value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
    fields.push({
      section,
      name,
      nameZh,
      basis,
      value: known ? value : null,
      unit: known ? (more.unit ?? null) : null,
      source: known ? source : null,
      gap: known ? null : (more.gap ?? (source === 'model' ? NO_MODEL : NOT_READ)),
    });
  };
  const capacityMah = health.capacityMah;
  const designMah = model?.ratedCapacityMah ?? health.designCapacityMah;
  const fadePct =
    capacityMah !== null && designMah ? Math.round((1 - capacityMah / designMah) * 1_000) / 10 : null;
  const energyWh =
    model?.ratedEnergyWh ??
    (model?.ratedCapacityMah && model.nominalVoltageMv
      ? Math.round((model.ratedCapacityMah * model.nominalVoltageMv) / 1e6)
      : undefined);
  const first = custody.at(-1)?.at;

  add('identity', ['Battery unique identifier', '电池唯一标识'], 'Annex XIII 4', battery._id, 'register');
  add(
    'identity',
    ['Model', '型号'],
    'Annex VI A',
    battery.model ?? reading?.model ?? model?._id.split('/')[1],
    'register',
  );
  add('identity', ['Manufacturer', '制造商'], 'Annex VI A 1', model?.maker, 'model');
  add('identity', ['Manufacturer address', '制造商地址'], 'Annex VI A 1', model?.makerAddress, 'model');
  add('identity', ['Economic operator', '经济运营者'], 'Art. 77', model?.economicOperator, 'model');
  add('identity', ['Manufacturing place', '生产地'], 'Annex VI A 3', model?.manufacturingPlace, 'model');
  add('identity', ['Manufacturing date', '生产日期'], 'Annex VI A 4', reading?.productionDate, 'pack');
  add('identity', ['Battery category', '电池类别'], 'Annex VI A 2', model?.category, 'model');
  add('identity', ['Battery mass', '重量'], 'Annex VI A 5', model?.massG, 'model', { unit: 'g' });
  add('identity', ['Battery status', '状态'], 'Annex XIII 4 (d)', battery.status, 'register');
  add('identity', ['Hardware version', '硬件版本'], 'DIN DKE SPEC 99100', reading?.hwVersion, 'pack');
  add('identity', ['Firmware version', '固件版本'], 'DIN DKE SPEC 99100', reading?.fwVersion, 'pack');
  add('conformity', ['Separate collection symbol', '分类收集标志'], 'Art. 13 (4)', undefined, 'model', {
    gap: 'stands on the label',
  });
  add(
    'conformity',
    ['EU declaration of conformity', '欧盟符合性声明'],
    'Annex XIII 1 (r)',
    model?.declarationOfConformityUrl,
    'model',
  );
  add('carbon-footprint', ['Carbon footprint', '碳足迹'], 'Art. 7', model?.carbonFootprintGPerKwh, 'model', {
    unit: 'g CO2e/kWh',
  });
  add('supply-chain', ['Due diligence report', '尽职调查报告'], 'Art. 52', model?.dueDiligenceUrl, 'model');
  add('materials', ['Battery chemistry', '化学体系'], 'Annex XIII 1 (b)', model?.chemistry, 'model');
  add(
    'materials',
    ['Critical raw materials', '关键原材料'],
    'Annex XIII 1 (b)',
    model?.criticalRawMaterials,
    'model',
  );
  add(
    'materials',
    ['Hazardous substances', '有害物质'],
    'Annex XIII 1 (b)',
    model?.hazardousSubstances,
    'model',
  );
  for (const [metal, zh] of [
    ['cobalt', '钴'],
    ['lithium', '锂'],
    ['nickel', '镍'],
    ['lead', '铅'],
  ] as const)
    add(
      'circularity',
      [`Recycled ${metal}`, `再生${zh}含量`],
      'Art. 8',
      model?.recycledContentPct?.[metal],
      'model',
      { unit: '%' },
    );
  add(
    'circularity',
    ['Renewable content', '可再生材料'],
    'Annex XIII 1 (f)',
    model?.renewableContentPct,
    'model',
    { unit: '%' },
  );
  add(
    'circularity',
    ['Dismantling information', '拆解信息'],
    'Annex XIII 2 (c)',
    model?.dismantlingUrl,
    'model',
  );
  add('circularity', ['Spare parts', '备件'], 'Annex XIII 2 (b)', model?.sparePartsUrl, 'model');
  add('circularity', ['Safety measures', '安全措施'], 'Annex XIII 2 (d)', model?.safetyUrl, 'model');
  add(
    'performance',
    ['Rated capacity', '额定容量'],
    'Annex XIII 1 (g)',
    designMah,
    model?.ratedCapacityMah ? 'model' : 'pack',
    { unit: 'mAh' },
  );
  add('performance', ['Certified usable energy', '额定能量'], 'Annex XIII 1 (g)', energyWh, 'model', {
    unit: 'Wh',
  });
  add('performance', ['Remaining capacity', '剩余容量'], 'Annex VII A', capacityMah, 'readings', {
    unit: 'mAh',
  });
  add('performance', ['Capacity fade', '容量衰减'], 'Annex VII A', fadePct, 'readings', { unit: '%' });
  add('performance', ['State of health', '健康度'], 'Annex VII A', health.sohPct, 'readings', { unit: '%' });
  add('performance', ['State of charge', '电量'], 'Annex XIII 4', reading?.socPct, 'readings', { unit: '%' });
  add('performance', ['Nominal voltage', '标称电压'], 'Annex XIII 1 (h)', model?.nominalVoltageMv, 'model', {
    unit: 'mV',
  });
  add('performance', ['Minimal voltage', '最低电压'], 'Annex XIII 1 (h)', model?.minVoltageMv, 'model', {
    unit: 'mV',
  });
  add('performance', ['Maximum voltage', '最高电压'], 'Annex XIII 1 (h)', model?.maxVoltageMv, 'model', {
    unit: 'mV',
  });
  add(
    'performance',
    ['Original power capability', '额定功率'],
    'Annex XIII 1 (i)',
    model?.ratedPowerW,
    'model',
    { unit: 'W' },
  );
  add(
    'performance',
    ['Internal resistance', '内阻'],
    'Annex VII A',
    model?.innerResistanceMicroOhm,
    'model',
    { unit: 'µΩ' },
  );
  add(
    'performance',
    ['Round trip energy efficiency', '往返能效'],
    'Annex XIII 1 (m)',
    model?.roundTripEfficiencyPct,
    'model',
    { unit: '%' },
  );
  add(
    'performance',
    ['Expected lifetime in cycles', '预期循环寿命'],
    'Annex XIII 1 (j)',
    model?.expectedCycles,
    'model',
  );
  add('performance', ['Number of full cycles', '循环次数'], 'Annex XIII 4', health.cycles, 'readings');
  add(
    'performance',
    ['Lower temperature limit', '最低工作温度'],
    'Annex XIII 1 (k)',
    model?.minTemperatureDeciC === undefined ? undefined : model.minTemperatureDeciC / 10,
    'model',
    { unit: '°C' },
  );
  add(
    'performance',
    ['Upper temperature limit', '最高工作温度'],
    'Annex XIII 1 (k)',
    model?.maxTemperatureDeciC === undefined ? undefined : model.maxTemperatureDeciC / 10,
    'model',
    { unit: '°C' },
  );
  add('performance', ['Warranty period', '质保期'], 'Annex XIII 1 (o)', model?.warrantyMonths, 'model', {
    unit: 'months',
  });
  const watched = health.temperature.watchedH > 0;
  add(
    'history',
    ['Time above 45 °C', '45 °C 以上时长'],
    'Annex VII B',
    watched ? health.temperature.hotH : undefined,
    'readings',
    { unit: 'h' },
  );
  add(
    'history',
    ['Time below 0 °C', '0 °C 以下时长'],
    'Annex VII B',
    watched ? health.temperature.coldH : undefined,
    'readings',
    { unit: 'h' },
  );
  add(
    'history',
    ['Time under observation', '监测时长'],
    'Annex VII B',
    watched ? health.temperature.watchedH : undefined,
    'readings',
    { unit: 'h' },
  );
  add(
    'history',
    ['Charge throughput', '累计放电量'],
    'Annex VII B',
    watched ? health.throughput.outAh : undefined,
    'readings',
    { unit: 'Ah' },
  );
  add(
    'history',
    ['Negative events', '异常事件'],
    'Annex XIII 4 (c)',
    health.alarms.map(({ code, days }) => `${code} (${days} d)`),
    'readings',
    { gap: 'no alarm was read' },
  );
  add('history', ['First known use', '首次使用'], 'Annex VII B', first, 'custody', { gap: NOT_KNOWN });
  add('history', ['Present holder', '当前持有方'], 'DIN DKE SPEC 99100', battery.custodian.kind, 'custody');
  add('history', ['Deep discharge events', '过放次数'], 'Annex VII B', undefined, 'readings', {
    gap: NOT_KNOWN,
  });
  const complete = fields.filter(({ gap }) => gap === null).length;
  return {
    format: 'voltbay-battery-passport/1',
    standards: ['DIN DKE SPEC 99100', 'Regulation (EU) 2023/1542, Annex VII and XIII'],
    packId: battery._id,
    madeAt: facts.madeAt,
    fields,
    complete,
    gaps: fields.length - complete,
  };
}
