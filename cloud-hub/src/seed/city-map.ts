import type { Chance } from './chance.js';

/** Districts of the demo city with the place names of its stations. The city is made up; the names are common ones. */
const DISTRICTS = [
  { name: '湖滨区', lat: 30.2545, lon: 120.1648, places: ['湖滨银泰', '南山路', '清波门', '涌金广场'] },
  { name: '江干区', lat: 30.2601, lon: 120.2052, places: ['钱江新城', '凤起东路', '火车东站', '九堡客运'] },
  { name: '城西区', lat: 30.2791, lon: 120.1102, places: ['文三数码城', '古翠路', '西溪湿地', '紫荆花路'] },
  { name: '城北区', lat: 30.3192, lon: 120.1553, places: ['大关小区', '运河广场', '石祥路', '北站货场'] },
  { name: '滨江区', lat: 30.2084, lon: 120.2102, places: ['江南大道', '物联网街', '星光大道', '滨文中心'] },
  { name: '南岸区', lat: 30.1849, lon: 120.2645, places: ['市心广场', '南站西', '金城路', '建设三路'] },
] as const;
const KINDS = ['换电站', '骑手驿站', '便利店站', '地铁口站'] as const;

export type Place = { name: string; district: string; lat: number; lon: number; address: string };

/** The place of the nth station; places repeat with numbers when the city grows. */
export function placeOf(index: number, chance: Chance): Place {
  const district = DISTRICTS[index % DISTRICTS.length] ?? DISTRICTS[0];
  const round = Math.floor(index / DISTRICTS.length);
  const name = district.places[round % district.places.length] ?? district.places[0];
  const turn = Math.floor(round / district.places.length);
  const degrees = (spread: number) => Math.round((chance.next() - 0.5) * spread * 1e5) / 1e5;
  return {
    name: `${name}${chance.pick(KINDS)}${turn === 0 ? '' : ` ${turn + 1}`}`,
    district: district.name,
    lat: Math.round((district.lat + degrees(0.04)) * 1e5) / 1e5,
    lon: Math.round((district.lon + degrees(0.04)) * 1e5) / 1e5,
    address: `${district.name}${name} ${chance.int(1, 298)} 号`,
  };
}

const FAMILY = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧'];
const GIVEN = [...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红鹏辉斌宇浩凯健俊帆雪琳倩婷'];

export const personName = (chance: Chance): string =>
  chance.pick(FAMILY) + chance.pick(GIVEN) + (chance.hits(0.6) ? chance.pick(GIVEN) : '');

/** Share of a day's swaps in each local hour: couriers at noon and in the evening. */
export const HOUR_WEIGHTS = [
  3, 2, 1, 1, 1, 2, 8, 18, 24, 26, 42, 66, 62, 40, 28, 26, 32, 52, 70, 64, 46, 30, 18, 8,
] as const;
/** Monday to Sunday. */
export const WEEKDAY_WEIGHTS = [0.95, 0.94, 0.97, 1, 1.1, 1.12, 1.02] as const;
