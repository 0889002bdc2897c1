// Names for boxes that were given none.

const ADJECTIVES: readonly string[] =
  `able agile airy amber ample azure bold brave breezy bright brisk calm candid clever cosy crisp curious daring deft
  eager early easy fair fancy fleet fond fresh frosty gentle glad golden grand happy hardy hazel honest jolly keen kind
  lively lucky lunar mellow merry mild misty modest neat nimble noble olive patient plain polite proud quick quiet rapid
  ready rosy rustic sandy serene shiny silent silver simple snowy solar solid steady still sunny swift tidy tiny velvet
  vivid warm wild windy wise witty young`.split(/\s+/);

const NOUNS: readonly string[] =
  `acorn alder apple aspen badger banjo basil bay beacon bear beaver birch bison brook canyon cedar cherry clover comet
  coral crane creek dahlia delta dove eagle elm ember falcon fern finch fjord forest fox garden gecko glacier grove gull
  harbor hazel heron hill iris island ivy jasper juniper kestrel kite lagoon lake lark laurel lemon lilac lily linden lynx
  maple marten meadow mesa moon moss oak oasis ocean orchid osprey otter owl panda peach pebble pine plum pond poppy
  prairie quail rain raven reed ridge river robin rowan sage seal shore sky sparrow spruce star stone stork summit
  swallow swan thistle tiger tulip valley violet walnut wave willow wren`.split(/\s+/);

/** "quiet-otter"; `chance` gives a number from 0 up to 1. */
export function makeUpName(chance: () => number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(chance() * words.length)] ?? "box";
  return `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
}
