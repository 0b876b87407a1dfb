//! Huffman codes of limited length.

/// A code: for each symbol its bits, in the order they are written, and how many.
pub(super) struct Code {
    pub(super) bits: Vec<u16>,
    pub(super) lengths: Vec<u8>,
}

impl Code {
    /// The shortest code for these frequencies with at most this many bits a symbol.
    pub(super) fn of(frequencies: &[u32], most_bits: usize) -> Code {
        let mut code = Code { bits: vec![0; frequencies.len()], lengths: vec![0; frequencies.len()] };
        let used = frequencies.iter().enumerate().filter(|(_, f)| **f > 0);
        let mut symbols: Vec<(u32, usize)> = used.map(|(symbol, f)| (*f, symbol)).collect();
        if symbols.len() <= 2 {
            for (i, (_, symbol)) in symbols.iter().enumerate() {
                code.bits[*symbol] = i as u16;
                code.lengths[*symbol] = 1;
            }
            return code;
        }
        symbols.sort_unstable();
        let counts = length_counts(&symbols, most_bits.min(symbols.len() - 1));
        let mut next: u16 = 0;
        for (length, count) in counts.into_iter().enumerate() {
            next <<= 1;
            // The most frequent of those left have the shortest codes, in the order of the symbols.
            let mut chunk = symbols.split_off(symbols.len() - count);
            chunk.sort_unstable_by_key(|(_, symbol)| *symbol);
            for (_, symbol) in chunk {
                code.bits[symbol] = reversed(next, length);
                code.lengths[symbol] = length as u8;
                next += 1;
            }
        }
        code
    }

    pub(super) fn fixed_literals() -> Code {
        let (bits, lengths) = (0..288u16)
            .map(|symbol| match symbol {
                0..144 => (reversed(symbol + 48, 8), 8),
                144..256 => (reversed(symbol + 256, 9), 9),
                256..280 => (reversed(symbol - 256, 7), 7),
                _ => (reversed(symbol - 88, 8), 8),
            })
            .unzip();
        Code { bits, lengths }
    }

    pub(super) fn fixed_offsets() -> Code {
        Code { bits: (0..30).map(|symbol| reversed(symbol, 5)).collect(), lengths: vec![5; 30] }
    }

    /// Bits that symbols of these frequencies take.
    pub(super) fn cost(&self, frequencies: &[u32]) -> usize {
        frequencies.iter().zip(&self.lengths).map(|(f, length)| *f as usize * usize::from(*length)).sum()
    }
}

fn reversed(code: u16, length: usize) -> u16 {
    code.reverse_bits().checked_shr(16 - length as u32).unwrap_or(0)
}

/// How many symbols have codes of each length, from symbols in order of frequency: package-merge. Of a
/// symbol and a package of the same frequency the package comes first, as in Go.
fn length_counts(symbols: &[(u32, usize)], most_bits: usize) -> Vec<usize> {
    let leaves: Vec<(u64, bool)> = symbols.iter().map(|(f, _)| (u64::from(*f), true)).collect();
    let mut levels = vec![leaves.clone()];
    for _ in 1..most_bits {
        let below = levels.last().map_or(&[][..], |level| level);
        let mut packages = below.chunks_exact(2).map(|pair| (pair[0].0 + pair[1].0, false)).peekable();
        let mut merged = Vec::with_capacity(leaves.len() + below.len() / 2);
        for leaf in &leaves {
            while let Some(package) = packages.next_if(|package| package.0 <= leaf.0) {
                merged.push(package);
            }
            merged.push(*leaf);
        }
        merged.extend(packages);
        levels.push(merged);
    }
    // Symbols taken at each level, from the top: each package takes two items of the level below.
    let mut taken = Vec::with_capacity(most_bits + 1);
    let mut items = 2 * symbols.len() - 2;
    for level in levels.iter().rev() {
        let count = level.iter().take(items).filter(|(_, leaf)| *leaf).count();
        items = 2 * (items.min(level.len()) - count);
        taken.push(count);
    }
    taken.push(0);
    let mut counts = vec![0];
    counts.extend(taken.windows(2).map(|pair| pair[0] - pair[1]));
    counts
}
