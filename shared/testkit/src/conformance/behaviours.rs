//! The list of all behaviours, from which a backend's tests are made.

/// Makes one test of each behaviour, in a module for each port, over a fresh backend.
///
/// `make` names an `async fn() -> impl Backend` of the module that calls the macro. The calling
/// crate needs `tokio` with its macros. `conformance_suites!(@list names)` is an array of the
/// names of all behaviours, as `port::behaviour`.
///
/// ```text
/// async fn fresh() -> SqliteUnderTest { … }
/// mindmate_testkit::conformance_suites!(fresh);
/// ```
#[macro_export]
macro_rules! conformance_suites {
    ($make:ident) => {
        $crate::conformance_suites! { @list ports $make }
    };
    (@list $then:ident $($make:ident)?) => {
        $crate::conformance_suites! { @$then $($make)?;
            queue:
                a_message_comes_as_it_was_sent,
                a_deleted_message_never_comes_again,
                a_dead_letter_carries_its_cause,
                receives_no_more_than_was_asked_for,
                consumers_at_the_same_time_never_hold_the_same_message,
                a_receive_without_a_wait_does_not_wait,
                a_wait_ends_when_nothing_comes,
                a_message_that_becomes_visible_ends_the_wait,
                a_message_sent_meanwhile_ends_the_wait,
                depth_tells_where_messages_are,
                queues_share_no_messages,
                two_views_of_a_queue_are_one_queue,
                what_somebody_else_received_is_settled_by_the_message;
            redelivery:
                a_received_message_is_hidden_until_its_visibility_timeout,
                redelivers_after_the_visibility_timeout,
                a_released_message_comes_again_after_its_delay,
                a_message_released_at_once_comes_again_at_once,
                an_extended_message_stays_hidden_from_then_on,
                a_message_hidden_for_no_time_comes_again_at_once,
                a_stale_receipt_settles_nothing,
                a_stale_receipt_extends_nothing,
                a_receipt_settles_until_the_message_comes_again,
                a_message_received_more_often_than_allowed_goes_to_the_dead_letter_queue;
            dead_letters:
                what_was_given_up_shows_with_its_cause,
                a_look_that_is_over_hides_nothing,
                held_letters_show_to_nobody_until_released,
                held_letters_show_again_when_the_time_is_over,
                a_removed_letter_is_gone,
                a_stale_receipt_removes_nothing,
                what_was_put_aside_of_a_stream_shows_as_its_record,
                a_record_that_was_removed_can_be_put_aside_again;
            audit:
                an_act_upon_many_reads_back_as_it_was_appended,
                appending_twice_writes_two_rows,
                acts_at_the_same_time_are_all_kept,
                an_act_upon_a_user_names_the_user;
            publisher:
                a_batch_can_be_larger_than_ten,
                a_batch_can_go_to_several_channels,
                the_same_event_sent_twice_is_two_messages,
                an_empty_batch_is_no_error,
                bodies_of_the_largest_size_come_unchanged,
                a_delayed_message_comes_after_its_delay;
            stream:
                records_of_a_key_come_in_the_order_in_which_they_were_put,
                reading_moves_nothing,
                a_read_gives_no_more_than_was_asked_for,
                a_read_begins_after_the_checkpoint,
                a_checkpoint_never_moves_back,
                two_consumer_groups_do_not_share_a_checkpoint,
                a_consumer_that_comes_back_goes_on_at_its_checkpoint,
                a_record_put_aside_twice_lies_there_once,
                putting_aside_moves_no_checkpoint;
            history:
                a_user_of_whom_nothing_is_stored_has_an_empty_history,
                all_types_of_items_are_read,
                a_history_excludes_its_start_and_includes_its_end,
                keys_written_with_an_offset_are_found,
                nobody_elses_items_are_read,
                text_is_left_out_without_consent,
                without_a_consents_block_the_legacy_consents_hold,
                an_item_that_does_not_fit_is_counted_and_its_neighbours_are_read,
                a_text_comes_with_its_stored_sentiment,
                a_long_history_is_read_whole,
                an_item_that_was_replaced_is_read_as_it_is_now;
            profiles:
                a_profile_reads_back_unchanged,
                who_has_no_profile_has_none,
                a_withdrawn_consent_is_seen_at_once,
                consents_that_cannot_be_read_stay_unreadable;
            activity:
                every_active_user_is_in_the_shard_that_they_are_dealt_to,
                pages_go_through_a_shard_by_id,
                a_full_page_with_nobody_after_it_is_the_last,
                an_empty_shard_has_one_last_page,
                only_what_users_do_makes_them_active,
                what_is_noted_makes_a_user_active,
                the_window_excludes_its_start_and_includes_its_end,
                later_activity_does_not_hide_earlier,
                users_come_with_the_level_of_their_last_assessment_before;
            chats:
                an_intervention_is_put_into_the_chat,
                delivering_twice_leaves_one_message,
                what_stands_under_the_key_is_never_replaced,
                one_of_two_racing_deliveries_puts_the_message,
                what_the_user_wrote_in_between_is_an_answer,
                nothing_else_is_an_answer;
            items:
                an_item_reads_back_as_it_was_put,
                an_item_of_the_same_key_is_replaced,
                an_item_of_the_apps_own_is_read,
                a_removed_item_is_gone;
            states:
                a_state_reads_back_as_it_was_put,
                a_state_changes_only_from_what_was_seen,
                one_of_two_racing_states_wins;
            assessments:
                an_assessment_reads_back_unchanged,
                the_first_assessment_under_a_key_stays,
                one_of_two_racing_assessments_wins,
                those_that_are_not_there_are_left_out,
                many_users_can_be_asked_for_at_once,
                the_latest_come_first_and_no_more_than_asked_for,
                of_nobody_nothing_is_known,
                the_last_known_level_is_neither_unknown_nor_carried_over,
                the_last_known_level_lies_before_the_instant;
            interventions:
                a_decision_is_written_with_its_guard_and_its_audit_event,
                decide_twice_gives_the_first,
                a_moved_guard_is_noticed,
                a_guard_that_is_not_there_is_a_moved_one,
                one_of_two_racing_decisions_wins,
                a_decision_that_races_itself_is_written_once,
                delivered_twice_keeps_the_first_instant,
                deciding_again_tells_that_it_was_delivered,
                guards_of_two_users_are_apart,
                the_latest_interventions_come_first;
            reviews:
                entering_twice_enters_once,
                user_as_of_and_reason_tell_entries_apart,
                those_due_first_come_first,
                those_at_most_risk_come_first,
                open_entries_are_counted,
                an_acknowledgement_is_audited,
                only_an_open_entry_can_be_acknowledged,
                an_acknowledged_entry_is_not_opened_again;
            ledger:
                starting_a_run_twice_keeps_the_first,
                the_latest_runs_come_first,
                putting_the_same_page_twice_gives_the_first,
                one_of_two_racing_pages_wins,
                a_page_that_was_not_put_is_none,
                a_mark_set_twice_counts_once,
                marks_set_at_the_same_time_are_all_kept,
                many_marks_can_be_set_at_once,
                marks_of_different_kinds_are_apart,
                the_tally_closes_when_every_request_is_accounted_for,
                a_run_without_pages_has_an_empty_tally,
                the_first_completion_stays,
                runs_since_an_instant_are_the_latest_of_all;
            training:
                everybody_comes_once,
                an_empty_table_has_nobody,
                the_span_is_that_of_what_the_user_did,
                what_lies_after_the_instant_does_not_count,
                consents_come_as_the_profile_states_them,
                a_history_cut_out_of_a_timeline_is_the_one_that_is_loaded,
                of_nobody_the_timeline_is_empty;
            training_store:
                a_published_set_reads_back_as_it_was_written,
                nothing_of_a_draft_shows_before_it_is_published,
                a_discarded_draft_leaves_the_earlier_set,
                the_next_set_replaces_the_earlier_one,
                a_side_without_a_sample_is_an_empty_file,
                a_file_of_several_parts_is_whole,
                a_removed_set_is_gone;
            model_store:
                a_model_reads_back_as_it_was_put,
                a_version_is_written_once,
                versions_come_in_order,
                what_a_training_job_made_is_found_beside_the_models,
                without_a_pointer_there_is_none,
                a_pointer_reads_back_as_it_was_set,
                of_two_who_change_the_pointer_one_is_told,
                a_pointer_may_say_that_the_rules_serve;
            training_jobs:
                a_job_reads_back_as_it_was_put,
                what_is_known_of_a_job_is_replaced,
                the_latest_jobs_come_first;
            model_days:
                the_latest_days_come_first_as_they_were_put,
                what_is_known_of_a_day_is_replaced;
            notifier:
                a_notice_is_sent_once_for_its_id,
                what_was_sent_is_known_by_its_id,
                notices_of_two_ids_are_both_sent;
        }
    };
    (@ports $make:ident; $($port:ident: $($behaviour:ident),*;)*) => {
        $(mod $port {
            $crate::conformance_suites! { @tests $make; $port: $($behaviour),* }
        })*
    };
    (@tests $make:ident; $port:ident: $($behaviour:ident),*) => {
        $(#[tokio::test]
        async fn $behaviour() {
            $crate::conformance::$port::$behaviour(&super::$make().await).await;
        })*
    };
    (@names; $($port:ident: $($behaviour:ident),*;)*) => {
        [$($(concat!(stringify!($port), "::", stringify!($behaviour)),)*)*]
    };
}
