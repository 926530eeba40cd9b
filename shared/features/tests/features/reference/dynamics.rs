//! The dynamics family by its definitions.

use jiff::civil::Date;
use mindmate_domain::Feature::{self, *};
use mindmate_domain::MissingReason;

use super::behaviour::per_word;
use super::{
    Answer, NO_DATA, Seen, UNDEFINED, average, few, hours, middle, of, rounded, slope, spread,
    squares,
};

pub(crate) fn feature(seen: &Seen<'_>, feature: Feature) -> Answer {
    let days = seen.daily_means(30, 0);
    let means: Vec<f64> = days.iter().map(|day| day.1).collect();
    match feature {
        MoodTheilSen30Day => of(&means, 2, |_| theil_sen(&days)),
        MoodMannKendallZ => of(&means, 10, mann_kendall),
        MoodRmssd => {
            steps(&days).map(|s| average(&s.iter().map(|x| x * x).collect::<Vec<_>>()).sqrt())
        }
        MoodAcuteChange => steps(&days)
            .map(|s| s.iter().filter(|x| rounded(x.abs()) >= 2.0).count() as f64 / s.len() as f64),
        MoodInertia if days.is_empty() => NO_DATA,
        MoodInertia => autocorrelation(&days, days[0].0, days[days.len() - 1].0),
        MoodRelativeSd => match of(&means, 2, |m| (average(m) - 1.0) * (10.0 - average(m))) {
            Ok(room) if room > 0.0 => Ok(spread(&means) / room.sqrt()),
            Ok(_) => UNDEFINED,
            missing => missing,
        },
        MoodEwmaAlarm => ewma(seen),
        MoodSlowingDown => slowing(&days),
        MoodPersonalDeviation => deviation(seen),
        DataYield30Day => {
            let has: Vec<_> = seen
                .interactions_by_day()
                .iter()
                .map(|day| if day.1 > 0 { 1.0 } else { 0.0 })
                .collect();
            of(&has, 1, average)
        }
        LongestGapDays => Ok(longest_gap(seen)),
        InterdailyStability | IntradailyVariability => slots(seen, feature),
        HourEntropy => entropy(seen),
        NightGapHours => nights(seen),
        FirstPersonRate => per_word(seen, |text| text.facts.first_person_words).map(|r| 100.0 * r),
        AbsolutistRate => per_word(seen, |text| text.facts.absolutist_words).map(|r| 100.0 * r),
        DaysSinceLastInteraction => match seen.interactions(35).last() {
            Some(last) => Ok(hours(*last, seen.end) / 24.0),
            None => NO_DATA,
        },
        CrisisLanguageRecencyDays => recency(seen),
        _ => unreachable!("{feature} is no feature of dynamics"),
    }
}

fn number(date: Date) -> f64 {
    let epoch = jiff::civil::date(2000, 1, 1);
    f64::from(date.since(epoch).unwrap().get_days())
}

fn follows(earlier: Date, later: Date) -> bool {
    earlier.tomorrow().unwrap() == later
}

fn theil_sen(days: &[(Date, f64)]) -> f64 {
    let mut slopes = Vec::new();
    for a in days {
        for b in days {
            if a.0 < b.0 {
                slopes.push((b.1 - a.1) / (number(b.0) - number(a.0)));
            }
        }
    }
    middle(&slopes)
}

fn compare(a: f64, b: f64) -> f64 {
    if b > a {
        1.0
    } else if b < a {
        -1.0
    } else {
        0.0
    }
}

fn mann_kendall(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mut s = 0.0;
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            s += compare(x[i], x[j]);
        }
    }
    // Each value of a group of t ties adds (t − 1)(2t + 5).
    let mut ties = 0.0;
    for value in x {
        let t = x.iter().filter(|other| *other == value).count() as f64;
        ties += (t - 1.0) * (2.0 * t + 5.0);
    }
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0;
    if s == 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() }
}

fn steps(days: &[(Date, f64)]) -> Result<Vec<f64>, MissingReason> {
    let mut steps = Vec::new();
    for a in days {
        for b in days {
            if follows(a.0, b.0) {
                steps.push(b.1 - a.1);
            }
        }
    }
    match (days.len(), steps.len()) {
        (0, _) => Err(MissingReason::NoData),
        (_, 0) => Err(MissingReason::TooFew { have: 0, need: 1 }),
        _ => Ok(steps),
    }
}

fn autocorrelation(days: &[(Date, f64)], from: Date, to: Date) -> Answer {
    let points: Vec<_> = days.iter().map(|day| (number(day.0), day.1)).collect();
    let (mx, my) = (
        average(&points.iter().map(|p| p.0).collect::<Vec<_>>()),
        average(&points.iter().map(|p| p.1).collect::<Vec<_>>()),
    );
    let slope = if points.len() > 1 { slope(&points) } else { 0.0 };
    let residual = |day: &(Date, f64)| day.1 - my - slope * (number(day.0) - mx);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for first in days {
        for second in days {
            if follows(first.0, second.0) && from <= first.0 && second.0 <= to {
                a.push(residual(first));
                b.push(residual(second));
            }
        }
    }
    if a.len() < 5 {
        return few(a.len(), 5);
    }
    if squares(&a) == 0.0 || squares(&b) == 0.0 {
        return UNDEFINED;
    }
    let product: f64 = a.iter().zip(&b).map(|(x, y)| (x - average(&a)) * (y - average(&b))).sum();
    Ok(product / (squares(&a) * squares(&b)).sqrt())
}

fn slowing(days: &[(Date, f64)]) -> Answer {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return NO_DATA;
    };
    let mut values = Vec::new();
    let mut date = first.0 + jiff::Span::new().days(9);
    while date <= last.0 {
        if let Ok(r) = autocorrelation(days, date - jiff::Span::new().days(9), date) {
            values.push(rounded(r));
        }
        date = date.tomorrow().unwrap();
    }
    if values.len() < 10 {
        return few(values.len(), 10);
    }
    // τ-b: concordant less discordant pairs, over the root of (pairs · pairs not tied in r).
    let (mut s, mut pairs, mut untied) = (0.0, 0.0, 0.0);
    for i in 0..values.len() {
        for j in i + 1..values.len() {
            let sign = compare(values[i], values[j]);
            s += sign;
            pairs += 1.0;
            untied += sign * sign;
        }
    }
    if untied == 0.0 { UNDEFINED } else { Ok(s / (pairs * untied).sqrt()) }
}

fn ewma(seen: &Seen<'_>) -> Answer {
    let before: Vec<f64> = seen.daily_means(35, 7).iter().map(|day| day.1).collect();
    let week: Vec<f64> = seen.daily_means(7, 0).iter().map(|day| day.1).collect();
    if before.is_empty() && week.is_empty() {
        return NO_DATA;
    }
    if before.len() < 10 {
        return few(before.len(), 10);
    }
    if week.is_empty() {
        return few(0, 1);
    }
    let (mu, sigma) = (average(&before), spread(&before));
    if sigma == 0.0 {
        return UNDEFINED;
    }
    for i in 1..=week.len() {
        // zᵢ written out: 0.8ⁱ μ + Σₖ 0.2 · 0.8ⁱ⁻ᵏ xₖ.
        let mut z = 0.8_f64.powf(i as f64) * mu;
        for k in 1..=i {
            z += 0.2 * 0.8_f64.powf((i - k) as f64) * week[k - 1];
        }
        let limit = mu - 2.7 * sigma * (0.2 / 1.8 * (1.0 - 0.8_f64.powf(2.0 * i as f64))).sqrt();
        if z < limit {
            return Ok(1.0);
        }
    }
    Ok(0.0)
}

fn deviation(seen: &Seen<'_>) -> Answer {
    let before: Vec<f64> = seen.daily_means(35, 7).iter().map(|day| day.1).collect();
    let week: Vec<f64> = seen.daily_means(7, 0).iter().map(|day| day.1).collect();
    match (before.len(), week.len()) {
        (0, 0) => NO_DATA,
        (_, 0) => few(0, 1),
        (n, _) if n < 5 => few(n, 5),
        _ => {
            let usual = middle(&before);
            let mad = middle(&before.iter().map(|x| (x - usual).abs()).collect::<Vec<_>>());
            Ok((average(&week) - usual) / (1.4826 * if mad < 0.1 { 0.1 } else { mad }))
        }
    }
}

fn longest_gap(seen: &Seen<'_>) -> f64 {
    let (mut longest, mut run) = (0, 0);
    for (_, interactions) in seen.interactions_by_day() {
        run = if interactions == 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    f64::from(longest)
}

fn slots(seen: &Seen<'_>, feature: Feature) -> Answer {
    let hour = |n: i64| jiff::SignedDuration::from_hours(n);
    let mut x = Vec::new();
    for slot in 0..336 {
        let (open, closed) = (seen.end - hour(336 - slot), seen.end - hour(335 - slot));
        let inside = seen.history.interactions.iter().filter(|at| open < **at && **at <= closed);
        x.push(inside.count() as f64);
    }
    if x.iter().all(|count| *count == 0.0) {
        return NO_DATA;
    }
    if squares(&x) == 0.0 {
        return UNDEFINED;
    }
    let mean = average(&x);
    let above = if feature == InterdailyStability {
        let hourly = (0..24).map(|h| {
            let of_hour: Vec<f64> = (0..14).map(|day| x[day * 24 + h]).collect();
            (average(&of_hour) - mean).powi(2)
        });
        336.0 * hourly.sum::<f64>() / 24.0
    } else {
        336.0 * (1..336).map(|i| (x[i] - x[i - 1]).powi(2)).sum::<f64>() / 335.0
    };
    Ok(above / squares(&x))
}

fn entropy(seen: &Seen<'_>) -> Answer {
    let hours: Vec<i8> = seen.interactions(30).iter().map(|at| seen.local(*at).hour()).collect();
    if hours.is_empty() {
        return NO_DATA;
    }
    let mut sum = 0.0;
    for hour in 0..24 {
        let p = hours.iter().filter(|h| **h == hour).count() as f64 / hours.len() as f64;
        if p > 0.0 {
            sum -= p * p.ln() / 24.0_f64.ln();
        }
    }
    Ok(sum)
}

fn nights(seen: &Seen<'_>) -> Answer {
    let interactions = seen.interactions(30);
    if interactions.is_empty() {
        return NO_DATA;
    }
    let zone = seen.history.time_zone();
    let today = seen.local(seen.end).date();
    let mut stretches = Vec::new();
    for back in 0..40 {
        let date = today - jiff::Span::new().days(back);
        let begin = zone.to_timestamp(date.at(20, 0, 0, 0)).unwrap();
        let end = zone.to_timestamp(date.tomorrow().unwrap().at(10, 0, 0, 0)).unwrap();
        let mut marks: Vec<_> =
            interactions.iter().copied().filter(|at| begin <= *at && *at <= end).collect();
        let whole = seen.between(begin, 30, 0) && seen.between(end, 30, 0);
        if marks.is_empty() || !whole {
            continue;
        }
        marks.extend([begin, end]);
        marks.sort();
        let gaps = (1..marks.len()).map(|i| hours(marks[i - 1], marks[i]));
        stretches.push(gaps.fold(0.0, f64::max));
    }
    if stretches.is_empty() { few(0, 1) } else { Ok(middle(&stretches)) }
}

fn recency(seen: &Seen<'_>) -> Answer {
    let texts = seen.texts(35).filter(|_| seen.has_list()).ok_or(MissingReason::Unavailable)?;
    let crisis: Vec<_> = texts.iter().filter(|text| text.facts.crisis.is_some()).collect();
    match (texts.len(), crisis.last()) {
        (0, _) => NO_DATA,
        (_, None) => few(0, 1),
        (_, Some(text)) => Ok(hours(text.at, seen.end) / 24.0),
    }
}
