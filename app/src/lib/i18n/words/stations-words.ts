/** Wording of filters, readiness and reports of stations: both languages side by side. */
export const stationsZh = {
  'stations.byReady': '可换电池优先',
  'stations.sortedByReady': '按可换电池排序',
  'stations.usableOnly': '现在可换',
  'stations.favourites': '收藏',
  'stations.noMatch': '没有符合条件的换电站',
  'station.price': '你的价格',
  'station.favourite': '已收藏',
  'station.addFavourite': '收藏',
  'station.noMap': '没有可用的地图应用。',
  'slots.ready': '可换',
  'slots.other': '充电中',
  'slots.empty': '空仓',
} as const;

export const stationsEn: Record<keyof typeof stationsZh, string> = {
  'stations.byReady': 'Most ready first',
  'stations.sortedByReady': 'Sorted by ready packs',
  'stations.usableOnly': 'Can swap now',
  'stations.favourites': 'Favourites',
  'stations.noMatch': 'No station fits',
  'station.price': 'Your price',
  'station.favourite': 'Favourite',
  'station.addFavourite': 'Add to favourites',
  'station.noMap': 'There is no map app.',
  'slots.ready': 'Ready',
  'slots.other': 'Charging',
  'slots.empty': 'Empty',
};
