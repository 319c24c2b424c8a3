/**
 * Words that identity prompts are made of. Any list serves, as long as it is the same for all suppliers of a run; changing
 * it changes every signature, so it never changes without a word in the changelog.
 */
export const WORDS: readonly string[] = [
  ...['amber', 'anchor', 'apron', 'arrow', 'autumn', 'bakery', 'barley', 'basket', 'beacon', 'bishop', 'blanket'],
  ...['border', 'bottle', 'bridge', 'bronze', 'butter', 'cabin', 'candle', 'canyon', 'carpet', 'castle', 'cedar'],
  ...['cellar', 'chapel', 'cherry', 'circle', 'clover', 'cobalt', 'copper', 'corner', 'cotton', 'cradle', 'crystal'],
  ...['dancer', 'desert', 'diamond', 'dolphin', 'dragon', 'eagle', 'echo', 'ember', 'engine', 'fabric', 'falcon'],
  ...['feather', 'fiddle', 'forest', 'fossil', 'garden', 'garlic', 'ginger', 'glacier', 'granite', 'hammer', 'harbor'],
  ...['harvest', 'hazel', 'helmet', 'honey', 'horizon', 'island', 'ivory', 'jacket', 'jasmine', 'jigsaw', 'journey'],
  ...['kettle', 'kitchen', 'ladder', 'lantern', 'lemon', 'library', 'lizard', 'magnet', 'maple', 'marble', 'meadow'],
  ...['mirror', 'morning', 'mountain', 'needle', 'nickel', 'ocean', 'olive', 'orbit', 'orchard', 'otter', 'oyster'],
  ...['paddle', 'paper', 'pebble', 'pepper', 'pigeon', 'pillow', 'planet', 'pocket', 'prairie', 'puzzle', 'quarry'],
  ...['rabbit', 'raven', 'ribbon', 'river', 'rocket', 'saddle', 'saffron', 'salmon', 'shadow', 'silver', 'spider'],
  ...['spring', 'stable', 'storm', 'summer', 'sunset', 'table', 'thunder', 'timber', 'tunnel', 'valley', 'velvet'],
  ...['violin', 'walnut', 'whistle', 'willow', 'window', 'winter', 'wizard', 'yellow', 'yonder', 'zebra', 'zephyr'],
];
