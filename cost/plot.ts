/** Values by what they depend on, both above 0. */
export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface Axes {
  /** What is along each axis. */
  x: string;
  y: string;
  /** Smallest and largest decade, as exponents of ten. */
  decades: { x: readonly [number, number]; y: readonly [number, number] };
  /** A line across, with what it says. */
  mark?: { y: number; text: string };
}

const WIDTH = 860;
const HEIGHT = 460;
const LEFT = 70;
const RIGHT = 220;
const TOP = 20;
const BOTTOM = 50;

/** To be told apart also by those who see few colours (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8a6d00', '#999999'];

/** A plot with logarithmic axes as SVG, with its own background, so that it can be read in a dark page. */
export function plot(series: readonly Series[], { x, y, decades, mark }: Axes): string {
  const place = (value: number, [first, last]: readonly [number, number]) =>
    (Math.log10(value) - first) / (last - first);
  const across = (value: number) => round(LEFT + place(value, decades.x) * (WIDTH - LEFT - RIGHT));
  const up = (value: number) => round(HEIGHT - BOTTOM - place(value, decades.y) * (HEIGHT - TOP - BOTTOM));
  const [left, right] = [LEFT, WIDTH - RIGHT];
  const [top, bottom] = [TOP, HEIGHT - BOTTOM];
  const gridX = exponents(decades.x).map(
    (exponent) =>
      `<path d="M${across(10 ** exponent)} ${top}V${bottom}" stroke="#ddd"/>` +
      text(across(10 ** exponent), bottom + 18, short(10 ** exponent), 'middle'),
  );
  const gridY = exponents(decades.y).map(
    (exponent) =>
      `<path d="M${left} ${up(10 ** exponent)}H${right}" stroke="#ddd"/>` +
      text(left - 8, up(10 ** exponent) + 4, short(10 ** exponent), 'end'),
  );
  const lines = series.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000';
    const inside = points.filter(([, value]) => value >= 10 ** decades.y[0] && value <= 10 ** decades.y[1]);
    const path = inside.map(([at, value]) => `${across(at)} ${up(value)}`).join('L');
    const key = top + 12 + index * 22;
    return (
      `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<path d="M${right + 20} ${key - 4}h20" stroke="${colour}" stroke-width="3"/>` +
      text(right + 46, key, name, 'start')
    );
  });
  const marked =
    mark === undefined
      ? ''
      : `<path d="M${left} ${up(mark.y)}H${right}" stroke="#000" stroke-dasharray="6 4"/>` +
        text(left + 8, up(mark.y) - 6, mark.text, 'start');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...gridX,
    ...gridY,
    ...lines,
    marked,
    text((left + right) / 2, HEIGHT - 10, x, 'middle'),
    `<g transform="rotate(-90 16 ${(top + bottom) / 2})">${text(16, (top + bottom) / 2, y, 'middle')}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#000">${escaped}</text>`;
}

function exponents([first, last]: readonly [number, number]): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(Number(value.toPrecision(1)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
