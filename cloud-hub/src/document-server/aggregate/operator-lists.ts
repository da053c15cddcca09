/** Stages that run in mingo as they are. */
export const MINGO_STAGES: readonly string[] = [
  '$bucket',
  '$bucketAuto',
  '$documents',
  '$limit',
  '$redact',
  '$replaceRoot',
  '$replaceWith',
  '$setWindowFields',
  '$skip',
];

/** Stages of this server's own. */
export const OWN_STAGES: readonly string[] = [
  '$addFields',
  '$count',
  '$facet',
  '$group',
  '$lookup',
  '$match',
  '$project',
  '$sample',
  '$set',
  '$sort',
  '$sortByCount',
  '$unionWith',
  '$unset',
  '$unwind',
];

/** Stages MongoDB has and this server refuses by name. */
export const REFUSED_STAGES: readonly string[] = [
  '$changeStream',
  '$collStats',
  '$currentOp',
  '$densify',
  '$fill',
  '$geoNear',
  '$graphLookup',
  '$indexStats',
  '$listSessions',
  '$planCacheStats',
  '$search',
  '$searchMeta',
  '$vectorSearch',
];

/** Expression operators MongoDB has and this server refuses by name. */
export const REFUSED_EXPRESSIONS: readonly string[] = [
  '$accumulator',
  '$function',
  '$meta',
  '$sampleRate',
  '$toHashedIndexKey',
  '$tsIncrement',
  '$tsSecond',
];

/** Expression operators, beside literals and field paths. */
export const EXPRESSIONS: readonly string[] = `
  $abs $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh $atan $atan2
  $atanh $avg $bitAnd $bitNot $bitOr $bitXor $ceil $cmp $concat $concatArrays $cond $convert $cos $cosh $dateAdd
  $dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek
  $dayOfYear $degreesToRadians $divide $eq $exp $filter $first $firstN $floor $getField $gt $gte $hour $ifNull $in
  $indexOfArray $indexOfBytes $isArray $isNumber $isoDayOfWeek $isoWeek $isoWeekYear $last $lastN $let $literal $ln
  $log $log10 $lt $lte $ltrim $map $max $maxN $mergeObjects $millisecond $min $minN $minute $mod $month $multiply $ne
  $not $objectToArray $or $pow $radiansToDegrees $rand $range $reduce $regexFind $regexFindAll $regexMatch $replaceAll
  $replaceOne $reverseArray $round $rtrim $second $setDifference $setEquals $setField $setIntersection $setIsSubset
  $setUnion $sin $sinh $size $slice $sortArray $split $sqrt $strLenBytes $strLenCP $strcasecmp $substr $substrBytes
  $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal $toDouble $toInt $toLong $toLower $toObjectId
  $toString $toUpper $trim $trunc $type $unsetField $week $year $zip`
  .trim()
  .split(/\s+/);

/** Operators of `$setWindowFields` beside the accumulators. */
export const WINDOW_OPERATORS: readonly string[] = [
  '$denseRank',
  '$derivative',
  '$documentNumber',
  '$expMovingAvg',
  '$integral',
  '$linearFill',
  '$locf',
  '$rank',
  '$shift',
];
